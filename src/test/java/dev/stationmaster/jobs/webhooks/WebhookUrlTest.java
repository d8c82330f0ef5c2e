package dev.stationmaster.jobs.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stationmaster.platform.web.ApiException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookUrlTest {
    static WebhooksSettings settings(boolean http, boolean privates) {
        var second = Duration.ofSeconds(1);
        return new WebhooksSettings(
                http,
                privates,
                second,
                4,
                Duration.ofHours(1),
                second,
                Duration.ofMinutes(1),
                Duration.ofMinutes(30),
                3,
                2,
                Duration.ofDays(7));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://hooks.example.com/a/b?c=d",
                "https://example.com:8443",
                "HTTPS://EXAMPLE.com./",
                "https://93.184.216.34/x",
                "https://[2606:2800:220:1:248:1893:25c8:1946]/"
            })
    void what_is_public_is_taken(String url) {
        assertThatCode(() -> WebhookUrl.check(url, settings(false, false))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://example.com/",
                "ftp://example.com/",
                "example.com",
                "https://",
                "https:///x",
                "not a url",
                "https://user:password@example.com/",
                "https://example.com/#part",
                "https://example.com:0/",
                "https://example.com:70000/",
                "https://localhost/",
                "https://LOCALHOST./",
                "https://a.localhost/",
                "https://127.0.0.1/",
                "https://127.1/",
                "https://2130706433/",
                "https://0x7f000001/",
                "https://0177.0.0.1/",
                "https://10.1.2.3/",
                "https://172.16.0.1/",
                "https://192.168.1.1:8443/",
                "https://169.254.169.254/latest/meta-data",
                "https://100.64.0.1/",
                "https://0.0.0.0/",
                "https://255.255.255.255/",
                "https://224.0.0.1/",
                "https://[::1]/",
                "https://[::]/",
                "https://[fe80::1]/",
                "https://[fd00::1]/",
                "https://[::ffff:127.0.0.1]/",
                "https://[64:ff9b::7f00:1]/",
                "https://[2002:7f00:1::]/",
                "https://[2001:db8::1]/",
            })
    void what_is_not_is_refused(String url) {
        assertThatThrownBy(() -> WebhookUrl.check(url, settings(false, false)))
                .isInstanceOf(ApiException.class)
                .satisfies(e ->
                        assertThat(((ApiException) e).errors().get(0).pointer()).isEqualTo("/url"));
    }

    @Test
    void settings_may_allow_more() {
        assertThatCode(() -> WebhookUrl.check("http://127.0.0.1:9/", settings(true, true)))
                .doesNotThrowAnyException();
        for (String none : new String[] {"https:///x", "https://a_b/", "mailto:x@y"}) {
            assertThatThrownBy(() -> WebhookUrl.check(none, settings(true, true)))
                    .isInstanceOf(ApiException.class);
        }
        assertThatThrownBy(() -> WebhookUrl.check("http://10.0.0.1/", settings(true, false)))
                .isInstanceOf(ApiException.class);
        assertThatThrownBy(() -> WebhookUrl.check("http://10.0.0.1/", settings(false, true)))
                .isInstanceOf(ApiException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "192.0.0.1",
                "192.0.2.1",
                "192.88.99.1",
                "198.18.0.1",
                "198.51.100.1",
                "203.0.113.1",
                "240.0.0.1",
                "100.127.255.255",
                "2001::1",
                "ff02::1",
                "64:ff9b:1::1"
            })
    void special_addresses_are_not_public(String address) throws UnknownHostException {
        assertThat(PublicAddress.is(InetAddress.getByName(address))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "8.8.8.8",
                "100.128.0.1",
                "172.32.0.1",
                "192.0.1.1",
                "2a00::1",
                "64:ff9b::808:808",
                "2002:808:808::1"
            })
    void others_are(String address) throws UnknownHostException {
        assertThat(PublicAddress.is(InetAddress.getByName(address))).isTrue();
    }
}
