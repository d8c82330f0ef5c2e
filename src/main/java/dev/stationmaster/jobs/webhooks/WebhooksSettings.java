package dev.stationmaster.jobs.webhooks;

import dev.stationmaster.platform.config.SettingsReader;
import java.time.Duration;

/** Settings of webhooks. */
public record WebhooksSettings(
        boolean allowHttp,
        boolean allowPrivateAddresses,
        Duration timeout,
        int maxTries,
        Duration maxAge,
        Duration retryFirst,
        Duration retryMax,
        Duration disableAfter,
        int maxWaiting,
        int keep,
        Duration keepFor) {

    public static WebhooksSettings read(SettingsReader r) {
        return new WebhooksSettings(
                r.bool("webhooks.allow_http"),
                r.bool("webhooks.allow_private_addresses"),
                r.seconds("webhooks.timeout_seconds", Duration.ofMillis(100), Duration.ofMinutes(1)),
                r.integer("webhooks.max_tries", 1, 100),
                r.seconds("webhooks.max_age_seconds", Duration.ofSeconds(1), Duration.ofDays(30)),
                r.seconds("webhooks.retry_first_seconds", Duration.ofMillis(10), Duration.ofHours(1)),
                r.seconds("webhooks.retry_max_seconds", Duration.ofMillis(10), Duration.ofDays(1)),
                r.seconds("webhooks.disable_after_seconds", Duration.ofSeconds(1), Duration.ofDays(90)),
                r.integer("webhooks.max_waiting", 1, 1_000_000),
                r.integer("webhooks.keep_deliveries", 1, 100_000),
                Duration.ofDays(r.integer("webhooks.keep_days", 1, 365)));
    }
}
