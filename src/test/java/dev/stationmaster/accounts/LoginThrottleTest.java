package dev.stationmaster.accounts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.testing.ManualClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LoginThrottleTest {
    private final ManualClock clock = new ManualClock();
    private final LoginThrottle throttle = new LoginThrottle(clock, 3, Duration.ofSeconds(60));

    private void fail(int times, String name, String address) {
        for (int i = 0; i < times; i++) {
            throttle.failed(name, address);
        }
    }

    private ApiException refusal(String name, String address) {
        return catchThrowableOfType(ApiException.class, () -> throttle.check(name, address));
    }

    private void assertAllowed(String name, String address) {
        assertThatCode(() -> throttle.check(name, address)).doesNotThrowAnyException();
    }

    @Test
    void the_last_allowed_failure_closes_the_door() {
        fail(2, "ann", "10.0.0.1");
        assertAllowed("ann", "10.0.0.1");
        fail(1, "ann", "10.0.0.1");
        var refused = refusal("ann", "10.0.0.9");
        assertThat(refused.code()).isEqualTo(ErrorCode.TOO_MANY_REQUESTS);
        assertThat(refused.retryAfterSeconds()).isEqualTo(61);
    }

    @Test
    void an_address_is_limited_over_all_names() {
        fail(1, "a", "10.0.0.1");
        fail(1, "b", "10.0.0.1");
        fail(1, "c", "10.0.0.1");
        assertThat(refusal("d", "10.0.0.1")).isNotNull();
        assertAllowed("a", "10.0.0.2");
    }

    @Test
    void the_window_slides() {
        fail(1, "ann", "x");
        clock.advance(Duration.ofSeconds(40));
        fail(2, "ann", "x");
        assertThat(refusal("ann", "y").retryAfterSeconds()).isEqualTo(21);
        clock.advance(Duration.ofSeconds(20));
        assertAllowed("ann", "y");
        fail(1, "ann", "x");
        assertThat(refusal("ann", "y").retryAfterSeconds()).isEqualTo(41);
    }

    @Test
    void who_comes_back_as_told_may_try() {
        fail(3, "ann", "x");
        clock.advance(Duration.ofSeconds(refusal("ann", "x").retryAfterSeconds()));
        assertAllowed("ann", "x");
    }

    @Test
    void success_opens_the_name_but_not_the_address() {
        fail(3, "ann", "x");
        throttle.succeeded("ann");
        assertAllowed("ann", "y");
        assertThat(refusal("ann", "x")).isNotNull();
    }
}
