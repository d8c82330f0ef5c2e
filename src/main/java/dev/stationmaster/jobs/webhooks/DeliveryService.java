package dev.stationmaster.jobs.webhooks;

import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Page;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What people may do with the deliveries of their webhooks. */
final class DeliveryService {
    private static final String TEST = "webhook.test";

    private final WebhookService webhooks;
    private final DeliveryStore store;
    private final Clock clock;

    DeliveryService(WebhookService webhooks, DeliveryStore store, Clock clock) {
        this.webhooks = webhooks;
        this.store = store;
        this.clock = clock;
    }

    Future<Page<Delivery>> list(Caller caller, UUID webhook, @Nullable UUID before, int limit) {
        return webhooks.mine(caller, webhook)
                .compose(w -> store.page(webhook, before, limit + 1))
                .map(rows -> Page.of(rows, limit, Delivery::id));
    }

    /** A message that says nothing, sent as every other. */
    Future<Delivery> test(Caller caller, UUID webhook) {
        return on(caller, webhook).compose(w -> {
            var now = clock.utc();
            String body = new JsonObject()
                    .put("type", TEST)
                    .put("timestamp", Times.iso(now))
                    .put("data", new JsonObject().put("webhook_id", webhook.toString()))
                    .encode();
            return store.insertTest(Ids.next(), webhook, TEST, body, now, WebhookService.entry(caller, TEST, null, w));
        });
    }

    /** Once more, with the same message id. */
    Future<Delivery> again(Caller caller, UUID webhook, UUID delivery) {
        return on(caller, webhook)
                .compose(w -> store.find(delivery, webhook)
                        .map(found -> found.orElseThrow(() -> ApiException.notFound("delivery", delivery)))
                        .compose(there -> store.again(
                                delivery,
                                webhook,
                                clock.utc(),
                                WebhookService.entry(caller, "webhook.redeliver", null, w))))
                .map(done -> done.orElseThrow(() -> new ApiException(
                        ErrorCode.INVALID_STATE, "The delivery is under way; it is tried again by itself.")));
    }

    private Future<Webhook> on(Caller caller, UUID id) {
        return webhooks.mine(caller, id)
                .compose(w -> w.enabled()
                        ? Future.succeededFuture(w)
                        : Future.failedFuture(new ApiException(
                                ErrorCode.INVALID_STATE, "The webhook is switched off; enable it first.")));
    }
}
