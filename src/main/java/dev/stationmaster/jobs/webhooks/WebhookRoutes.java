package dev.stationmaster.jobs.webhooks;

import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.Page;
import dev.stationmaster.platform.web.Reply;
import io.vertx.core.Future;
import java.util.Map;
import java.util.UUID;

/** Operations of webhooks. */
final class WebhookRoutes {
    private final WebhookService webhooks;
    private final DeliveryService deliveries;

    WebhookRoutes(WebhookService webhooks, DeliveryService deliveries) {
        this.webhooks = webhooks;
        this.deliveries = deliveries;
    }

    Map<String, ApiHandler> handlers() {
        return Map.of(
                "listWebhooks", this::list,
                "createWebhook", this::create,
                "getWebhook", this::get,
                "updateWebhook", this::update,
                "deleteWebhook", this::delete,
                "rotateWebhookSecret", this::rotate,
                "testWebhook", this::test,
                "listWebhookDeliveries", this::deliveries,
                "redeliverWebhook", this::redeliver);
    }

    private static UUID id(ApiRequest request) {
        return request.pathUuid("webhook_id");
    }

    private Future<Reply> list(ApiRequest request) {
        return webhooks.list(request.caller(), Page.uuidCursor(request.cursor()), request.limit())
                .map(page -> Reply.ok(page.toJson(Webhook::toJson)));
    }

    private Future<Reply> create(ApiRequest request) {
        return webhooks.create(request.caller(), request.body())
                .map(made -> Reply.created("/api/v1/webhooks/" + made.webhook().id(), made.toJson())
                        .etag(made.webhook().version()));
    }

    private Future<Reply> get(ApiRequest request) {
        return webhooks.mine(request.caller(), id(request)).map(WebhookRoutes::reply);
    }

    private Future<Reply> update(ApiRequest request) {
        return webhooks.update(request.caller(), id(request), request.body(), request.ifMatch())
                .map(WebhookRoutes::reply);
    }

    private static Reply reply(Webhook webhook) {
        return Reply.ok(webhook.toJson()).etag(webhook.version());
    }

    private Future<Reply> delete(ApiRequest request) {
        return webhooks.delete(request.caller(), id(request)).map(done -> Reply.noContent());
    }

    private Future<Reply> rotate(ApiRequest request) {
        return webhooks.rotate(request.caller(), id(request)).map(made -> Reply.ok(made.toJson()));
    }

    private Future<Reply> test(ApiRequest request) {
        return deliveries.test(request.caller(), id(request)).map(WebhookRoutes::accepted);
    }

    private Future<Reply> deliveries(ApiRequest request) {
        return deliveries
                .list(request.caller(), id(request), Page.uuidCursor(request.cursor()), request.limit())
                .map(page -> Reply.ok(page.toJson(Delivery::toJson)));
    }

    private Future<Reply> redeliver(ApiRequest request) {
        return deliveries
                .again(request.caller(), id(request), request.pathUuid("delivery_id"))
                .map(WebhookRoutes::accepted);
    }

    private static Reply accepted(Delivery delivery) {
        return Reply.accepted("/api/v1/webhooks/" + delivery.webhookId() + "/deliveries", delivery.toJson());
    }
}
