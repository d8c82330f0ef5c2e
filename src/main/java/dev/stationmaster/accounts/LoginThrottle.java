package dev.stationmaster.accounts;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;

/**
 * Limits failed sign-ins per name and per address in a sliding window. Thread-safe; bounded to {@value #MAX_KEYS} keys,
 * so an attacker who invents names can't fill the memory.
 */
final class LoginThrottle {
    private static final int MAX_KEYS = 20_000;

    private final Clock clock;
    private final int attempts;
    private final Duration window;
    private final Cache<String, ArrayDeque<Instant>> failures =
            Caffeine.newBuilder().maximumSize(MAX_KEYS).build();

    LoginThrottle(Clock clock, int attempts, Duration window) {
        this.clock = clock;
        this.attempts = attempts;
        this.window = window;
    }

    /** Throws TOO_MANY_REQUESTS when the name or the address failed too often. */
    void check(String username, String address) {
        check("name:" + username);
        check("address:" + address);
    }

    void failed(String username, String address) {
        add("name:" + username);
        add("address:" + address);
    }

    void succeeded(String username) {
        failures.invalidate("name:" + username);
    }

    private void check(String key) {
        ArrayDeque<Instant> times = failures.getIfPresent(key);
        if (times == null) {
            return;
        }
        synchronized (times) {
            forgetOld(times);
            if (times.size() >= attempts) {
                long wait = Duration.between(clock.now(), times.getFirst().plus(window)).toSeconds() + 1;
                throw ApiException.retryLater(
                        ErrorCode.TOO_MANY_REQUESTS, "Too many failed sign-ins; try again in " + wait + " seconds.", wait);
            }
        }
    }

    private void add(String key) {
        ArrayDeque<Instant> times = failures.get(key, k -> new ArrayDeque<>());
        synchronized (times) {
            forgetOld(times);
            if (times.size() < attempts) {
                times.addLast(clock.now());
            }
        }
    }

    private void forgetOld(ArrayDeque<Instant> times) {
        Instant oldest = clock.now().minus(window);
        while (!times.isEmpty() && !times.getFirst().isAfter(oldest)) {
            times.removeFirst();
        }
    }
}
