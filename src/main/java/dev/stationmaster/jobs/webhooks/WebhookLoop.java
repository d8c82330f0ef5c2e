package dev.stationmaster.jobs.webhooks;

import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes deliveries of events and sends what is due, as long as this server leads. Each webhook has connections of its own,
 * and one that fails has only one of them, so that a dead receiver delays nobody else. Bound to one event loop.
 *
 * <p>A delivery is sent at least once: who crashes between the answer and its record sends it again, with the same id.
 */
final class WebhookLoop {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookLoop.class);

    private final OutboxStore outbox;
    private final DeliveryStore deliveries;
    private final WebhookSender sender;
    private final WebhookGuard guard;
    private final WebhooksSettings settings;
    private final Clock clock;
    private final DoubleSupplier random;

    /** Sent or not yet recorded: which webhook each belongs to. */
    private final Map<UUID, UUID> underWay = new HashMap<>();

    private List<DeliveryStore.Result> results = new ArrayList<>();
    private boolean turning;
    private boolean recording;
    private BooleanSupplier leads = () -> false;

    WebhookLoop(
            OutboxStore outbox,
            DeliveryStore deliveries,
            WebhookSender sender,
            WebhookGuard guard,
            WebhooksSettings settings,
            Clock clock,
            DoubleSupplier random) {
        this.outbox = outbox;
        this.deliveries = deliveries;
        this.sender = sender;
        this.guard = guard;
        this.settings = settings;
        this.clock = clock;
        this.random = random;
    }

    void leads(BooleanSupplier isLeader) {
        leads = isLeader;
    }

    /** One look at what is new and due. Calls while it looks are left out: the next turn comes soon. */
    void turn() {
        record();
        if (turning || !leads.getAsBoolean()) {
            return;
        }
        turning = true;
        transferred()
                .compose(done -> deliveries.due(clock.utc(), underWay.keySet(), WebhookSender.CONNECTIONS))
                .onComplete(due -> {
                    turning = false;
                    if (due.failed()) {
                        LOG.warn("Webhooks: {}", due.cause().toString());
                    } else if (leads.getAsBoolean()) {
                        due.result().forEach(this::send);
                    }
                });
    }

    private Future<Void> transferred() {
        return outbox.transfer(clock.utc())
                .compose(done -> done.deliveries() == 0
                        ? Future.succeededFuture(done)
                        : deliveries
                                .overfull(settings.maxWaiting())
                                .compose(guard::overfull)
                                .map(done))
                .compose(done -> done.more() ? transferred() : Future.succeededFuture());
    }

    private void send(DueDelivery delivery) {
        long busy =
                underWay.values().stream().filter(delivery.webhookId()::equals).count();
        if (busy >= (delivery.failing() ? 1 : WebhookSender.CONNECTIONS)) {
            return;
        }
        underWay.put(delivery.id(), delivery.webhookId());
        sender.send(delivery).onSuccess(outcome -> {
            results.add(result(delivery, outcome));
            record();
        });
    }

    private DeliveryStore.Result result(DueDelivery delivery, Outcome outcome) {
        OffsetDateTime now = clock.utc();
        if (outcome.delivered()) {
            return new DeliveryStore.Result(delivery.id(), "delivered", outcome, now);
        }
        int tries = delivery.tries() + 1;
        OffsetDateTime next = now.plus(pause(tries, outcome));
        boolean over = tries >= settings.maxTries()
                || outcome.gone()
                || next.isAfter(delivery.queuedAt().plus(settings.maxAge()));
        return new DeliveryStore.Result(delivery.id(), over ? "failed" : "pending", outcome, next);
    }

    /** Doubled with each try up to the most, and half of it by chance, so that receivers are not hit by all at once. */
    private Duration pause(int tries, Outcome outcome) {
        double doubled = (double) settings.retryFirst().toNanos() * Math.pow(2, Math.min(tries - 1, 40));
        double most = Math.min(doubled, (double) settings.retryMax().toNanos());
        Duration pause = Duration.ofNanos((long) (most * (0.5 + random.getAsDouble() / 2)));
        Duration asked = outcome.retryAfter();
        return asked == null || asked.compareTo(pause) < 0 ? pause : asked;
    }

    /** Many results with one statement. What PostgreSQL does not take stays here and goes with the next. */
    private void record() {
        if (recording || results.isEmpty()) {
            return;
        }
        recording = true;
        List<DeliveryStore.Result> some = results;
        results = new ArrayList<>();
        deliveries
                .record(some, clock.utc())
                .compose(webhooks -> judged(some, webhooks))
                .onComplete(done -> {
                    recording = false;
                    if (done.failed()) {
                        LOG.warn("Webhooks: {}", done.cause().toString());
                        results.addAll(some);
                        return; // the next turn tries again
                    }
                    some.forEach(result -> underWay.remove(result.id()));
                    turn();
                });
    }

    private Future<Void> judged(List<DeliveryStore.Result> some, List<DeliveryStore.Failing> webhooks) {
        var gone = some.stream()
                .filter(result -> result.outcome().gone())
                .map(result -> guard.gone(Objects.requireNonNull(underWay.get(result.id()))))
                .toList();
        return Future.join(gone).compose(done -> guard.failing(webhooks));
    }
}
