package dev.stationmaster.jobs.webhooks;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.ErrorCode;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What a webhook may be sent to, as far as the URL itself says. Names are looked up when something is sent, and the
 * address is judged again then: it may be another by that time.
 */
final class WebhookUrl {
    private static final Pattern IPV4 =
            Pattern.compile("(25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(25[0-5]|2[0-4]\\d|1?\\d?\\d)){3}");
    /** The last label of a name is never a number: else it is an address in disguise, such as 127.1 or 0x7f000001. */
    private static final Pattern NAME =
            Pattern.compile("([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?\\.?");

    private WebhookUrl() {}

    /** Throws INVALID_FIELD with the reason. */
    static void check(String url, WebhooksSettings settings) {
        URI uri = parsed(url);
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("https") && !(scheme.equals("http") && settings.allowHttp())) {
            throw refused(settings.allowHttp() ? "must begin with https:// or http://" : "must begin with https://");
        }
        if (uri.getRawUserInfo() != null) {
            throw refused("must not hold a user or a password");
        }
        if (uri.getRawFragment() != null) {
            throw refused("must not hold a fragment (#)");
        }
        if (uri.getPort() == 0 || uri.getPort() > 65_535) {
            throw refused("has no such port");
        }
        String host = uri.getHost() == null ? "" : uri.getHost().toLowerCase(Locale.ROOT);
        boolean address = host.startsWith("[") || IPV4.matcher(host).matches();
        if (!address && !NAME.matcher(host).matches()) {
            throw refused("has no host name");
        }
        if (!settings.allowPrivateAddresses() && !(address ? isPublic(host) : isAnother(host))) {
            throw refused("must not lead to a loopback, link-local or private address");
        }
    }

    private static URI parsed(String url) {
        try {
            return new URI(url);
        } catch (URISyntaxException e) {
            throw refused("is no URL");
        }
    }

    private static boolean isPublic(String address) {
        try {
            return PublicAddress.is(InetAddress.getByName(address)); // an address: nothing is looked up
        } catch (UnknownHostException e) {
            throw refused("has no such host");
        }
    }

    /** By these names every machine calls itself. */
    private static boolean isAnother(String host) {
        String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        return !name.equals("localhost") && !name.endsWith(".localhost");
    }

    private static ApiException refused(String why) {
        return new ApiException(
                ErrorCode.INVALID_FIELD, "The URL " + why + ".", List.of(new FieldError("/url", "The URL " + why)));
    }
}
