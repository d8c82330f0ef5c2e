package dev.stationmaster.jobs.webhooks;

import dev.stationmaster.platform.security.SecretBox;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sends one delivery: looks the host up, refuses addresses that are not public, connects to the very address that was
 * judged, signs, and never follows a redirect. Bound to one event loop.
 */
final class WebhookSender {
    /** Of one webhook at the same time, at most. */
    static final int CONNECTIONS = 8;
    /** To one host: enough for all webhooks, since one that hangs must not hold up another at the same host. */
    private static final int CONNECTIONS_OF_HOST = CONNECTIONS * WebhookService.MOST;

    private static final int LOOKUPS = 16;
    private static final int MAX_ANSWER = 65_536;
    private static final int MAX_RETRY_AFTER = 86_400;

    private final Vertx vertx;
    private final Clock clock;
    private final SecretBox box;
    private final WebhooksSettings settings;
    private final HttpClient client;
    /** Of its own, since a name server that does not answer holds its thread for long. */
    private final WorkerExecutor lookups;

    WebhookSender(Vertx vertx, Clock clock, SecretBox box, WebhooksSettings settings) {
        this(vertx, clock, box, settings, new HttpClientOptions());
    }

    /** For tests, which trust certificates of their own. */
    WebhookSender(Vertx vertx, Clock clock, SecretBox box, WebhooksSettings settings, HttpClientOptions tls) {
        this.vertx = vertx;
        this.clock = clock;
        this.box = box;
        this.settings = settings;
        client = vertx.createHttpClient(
                tls.setForceSni(true).setMaxRedirects(0),
                new PoolOptions().setHttp1MaxSize(CONNECTIONS_OF_HOST).setMaxWaitQueueSize(0));
        lookups = vertx.createSharedWorkerExecutor("webhook-lookups", LOOKUPS);
    }

    /** Never fails. */
    Future<Outcome> send(DueDelivery delivery) {
        URI uri = URI.create(delivery.url());
        Future<HttpClientRequest> connected =
                address(uri.getHost()).compose(address -> client.request(options(delivery, uri, address)));
        return connected
                .timeout(settings.timeout().toMillis(), TimeUnit.MILLISECONDS)
                .onFailure(late -> connected.onSuccess(HttpClientRequest::reset))
                .compose(request -> answered(request, delivery.body()))
                .recover(error -> Future.succeededFuture(Outcome.failed(error)));
    }

    private Future<InetAddress> address(String host) {
        return lookups.executeBlocking(() -> judged(InetAddress.getAllByName(host)), false);
    }

    private InetAddress judged(InetAddress[] addresses) throws UnknownHostException {
        for (InetAddress address : addresses) {
            if (!settings.allowPrivateAddresses() && !PublicAddress.is(address)) {
                throw new UnknownHostException("The host leads to a loopback, link-local or private address.");
            }
        }
        return addresses[0];
    }

    private RequestOptions options(DueDelivery delivery, URI uri, InetAddress address) {
        boolean tls = "https".equals(uri.getScheme().toLowerCase(Locale.ROOT));
        int port = uri.getPort() > 0 ? uri.getPort() : tls ? 443 : 80;
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        String id = Delivery.messageId(delivery.id());
        long timestamp = clock.now().getEpochSecond();
        return new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setServer(SocketAddress.inetSocketAddress(port, address.getHostAddress()))
                .setHost(uri.getHost())
                .setPort(port)
                .setSsl(tls)
                .setURI(uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery())
                .setFollowRedirects(false)
                .setConnectTimeout(settings.timeout().toMillis())
                .putHeader("Content-Type", "application/json")
                .putHeader("User-Agent", "Stationmaster-Webhooks")
                .putHeader("webhook-id", id)
                .putHeader("webhook-timestamp", Long.toString(timestamp))
                .putHeader("webhook-signature", signatures(delivery, id, timestamp));
    }

    private String signatures(DueDelivery delivery, String id, long timestamp) {
        String context = WebhookService.context(delivery.webhookId());
        String body = delivery.body();
        String now =
                WebhookSecret.signature(box.open(delivery.sealedSecret().getBytes(), context), id, timestamp, body);
        Buffer previous = delivery.sealedPrevious();
        return previous == null
                ? now
                : now + " " + WebhookSecret.signature(box.open(previous.getBytes(), context), id, timestamp, body);
    }

    private Future<Outcome> answered(HttpClientRequest request, String body) {
        return request.send(body)
                .timeout(settings.timeout().toMillis(), TimeUnit.MILLISECONDS)
                .onFailure(error -> request.reset())
                .map(response -> {
                    discard(request, response);
                    return Outcome.answered(response.statusCode(), retryAfter(response));
                });
    }

    /** The status says all. What comes after it is read, so that the connection serves again, but not much and not long. */
    private void discard(HttpClientRequest request, HttpClientResponse response) {
        long timer = vertx.setTimer(settings.timeout().toMillis(), late -> request.reset());
        var seen = new int[1];
        response.exceptionHandler(error -> vertx.cancelTimer(timer));
        response.endHandler(end -> vertx.cancelTimer(timer));
        response.handler(chunk -> {
            seen[0] += chunk.length();
            if (seen[0] > MAX_ANSWER) {
                request.reset();
            }
        });
    }

    private static @Nullable Duration retryAfter(HttpClientResponse response) {
        String header = response.getHeader("Retry-After");
        return header != null && header.matches("\\d{1,5}")
                ? Duration.ofSeconds(Math.min(MAX_RETRY_AFTER, Long.parseLong(header)))
                : null;
    }

    Future<Void> close() {
        return Future.join(client.close(), lookups.close()).mapEmpty();
    }
}
