package dev.stationmaster.jobs.webhooks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import org.junit.jupiter.api.Test;

class WebhookSecretTest {
    /** The expected value was computed by another program. */
    @Test
    void a_signature_is_that_of_the_specification() {
        assertThat(WebhookSecret.signature(
                        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                        "msg_p5jXN8AQM9LWM0D4loKWxJek",
                        1614265330,
                        "{\"test\": 2432232314}"))
                .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    @Test
    void secrets_are_random_and_long() {
        String one = WebhookSecret.next();
        assertThat(one).startsWith("whsec_").isNotEqualTo(WebhookSecret.next());
        assertThat(Base64.getDecoder().decode(one.substring(6))).hasSize(32);
    }
}
