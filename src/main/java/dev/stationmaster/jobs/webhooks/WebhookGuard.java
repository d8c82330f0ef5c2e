package dev.stationmaster.jobs.webhooks;

import dev.stationmaster.accounts.AccountMessages;
import dev.stationmaster.jobs.JobMessages;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.Role;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Switches off webhooks that nobody answers, that nobody wants, or whose owner lost the right to them. */
final class WebhookGuard {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookGuard.class);

    private final WebhookStore store;
    private final WebhooksSettings settings;
    private final Bus bus;
    private final Clock clock;

    WebhookGuard(WebhookStore store, WebhooksSettings settings, Bus bus, Clock clock) {
        this.store = store;
        this.settings = settings;
        this.bus = bus;
        this.clock = clock;
    }

    /** Whoever may hear of all jobs may lose that right. */
    Future<Void> owners() {
        return store.enabled()
                .compose(webhooks ->
                        Future.join(webhooks.stream().map(this::owner).toList()).mapEmpty());
    }

    private Future<Void> owner(Webhook w) {
        return bus.request(new AccountMessages.FindUser(w.ownerId())).compose(user -> {
            String role = user.role();
            Role needed = w.owner().equals(w.jobOwner()) ? Role.DEVELOPER : Role.OPERATOR;
            return role != null && !user.disabled() && Role.of(role).covers(needed)
                    ? Future.succeededFuture()
                    : disable(w.id(), "Its owner may no longer hear of these jobs.");
        });
    }

    Future<Void> gone(UUID webhook) {
        return disable(webhook, "The receiver answered 410 Gone.");
    }

    Future<Void> overfull(List<UUID> webhooks) {
        return each(webhooks, "More than " + settings.maxWaiting() + " deliveries wait.");
    }

    /** Those that only failed for too long. */
    Future<Void> failing(List<DeliveryStore.Failing> webhooks) {
        OffsetDateTime limit = clock.utc().minus(settings.disableAfter());
        return each(
                webhooks.stream()
                        .filter(w -> w.since() != null && w.since().isBefore(limit))
                        .map(DeliveryStore.Failing::webhookId)
                        .toList(),
                "Every delivery failed for " + settings.disableAfter().toSeconds() + " s.");
    }

    private Future<Void> each(List<UUID> webhooks, String reason) {
        return Future.join(webhooks.stream().map(id -> disable(id, reason)).toList())
                .mapEmpty();
    }

    private Future<Void> disable(UUID id, String reason) {
        var entry = new AuditEntry(
                "system",
                "webhook.disable",
                "webhook/" + id,
                null,
                new JsonObject()
                        .put("enabled", false)
                        .put("disabled_reason", reason)
                        .encode(),
                null);
        return store.disable(id, reason, clock.utc(), entry).map(done -> {
            done.ifPresent(w -> {
                String text = "Webhook " + w.name() + " of " + w.owner() + " is switched off. " + reason;
                LOG.warn("{} ({})", text, id);
                bus.publish(new JobMessages.LiveEvent(clock.utc(), "webhook.disabled", null, null, text));
            });
            return null;
        });
    }
}
