package dev.stationmaster.jobs.webhooks;

import dev.stationmaster.accounts.AccountMessages;
import dev.stationmaster.jobs.queues.QueueStore;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.leader.LeaderStore;
import dev.stationmaster.platform.leader.Leadership;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.security.SecretBox;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiHandler;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Wires webhooks. While nobody has one, the leader asks for that every two seconds, and nothing else happens. */
public final class WebhooksVerticle extends VerticleBase {
    private static final Logger LOG = LoggerFactory.getLogger(WebhooksVerticle.class);
    private static final long TURN_MS = 250;
    private static final long LOOK_MS = 2_000;
    private static final long GUARD_MS = 60_000;
    private static final long RELEASE_MS = 500;
    private static final Duration LEADER_TTL = Duration.ofSeconds(10);

    private final WebhooksSettings settings;
    private final String server;
    private final Database database;
    private final Bus bus;
    private final Clock clock;
    private final SecretBox box;
    private final WebhookStore store;
    private final DeliveryStore deliveries;
    private final WebhookGuard guard;
    private boolean anyEnabled;
    private @Nullable Leadership leadership;
    private @Nullable WebhookSender sender;

    /** @param server names this server among others */
    public WebhooksVerticle(
            WebhooksSettings settings, String server, Database database, Bus bus, Clock clock, SecretBox box) {
        this.settings = settings;
        this.server = server;
        this.database = database;
        this.bus = bus;
        this.clock = clock;
        this.box = box;
        var audit = new AuditTrail(clock);
        store = new WebhookStore(database, audit);
        deliveries = new DeliveryStore(database, audit);
        guard = new WebhookGuard(store, settings, bus, clock);
    }

    /** Stateless, so they may be used on every event loop. */
    public Map<String, ApiHandler> handlers() {
        var queues = new QueueStore(database, new AuditTrail(clock));
        var webhooks = new WebhookService(store, queues, box, settings, bus, clock);
        return new WebhookRoutes(webhooks, new DeliveryService(webhooks, deliveries, clock)).handlers();
    }

    @Override
    public Future<?> start() {
        var own = new WebhookSender(vertx, clock, box, settings);
        var loop = new WebhookLoop(
                new OutboxStore(database), deliveries, own, guard, settings, clock, () -> ThreadLocalRandom.current()
                        .nextDouble());
        var lead = new Leadership(
                vertx,
                clock,
                new LeaderStore(database),
                "webhooks",
                server + "/" + Ids.next(),
                LEADER_TTL,
                () -> later("Owners of webhooks", guard.owners()));
        sender = own;
        leadership = lead;
        loop.leads(() -> anyEnabled && lead.isLeader());
        vertx.setPeriodic(TURN_MS, id -> loop.turn());
        vertx.setPeriodic(LOOK_MS, id -> look(lead));
        vertx.setPeriodic(GUARD_MS, id -> housekeeping(lead));
        bus.on(AccountMessages.UserChanged.class, m -> later("Owners of webhooks", guard.owners()));
        return lead.start().onSuccess(done -> look(lead));
    }

    private void look(Leadership lead) {
        if (lead.isLeader()) {
            later("Looking for webhooks", store.enabled().onSuccess(found -> anyEnabled = !found.isEmpty()));
        }
    }

    private void housekeeping(Leadership lead) {
        if (lead.isLeader() && anyEnabled) {
            later("Owners of webhooks", guard.owners());
            later(
                    "Old deliveries",
                    deliveries.forget(settings.keep(), clock.utc().minus(settings.keepFor())));
        }
    }

    private static void later(String what, Future<?> work) {
        work.onFailure(e -> LOG.warn("{}: {}", what, e.toString()));
    }

    @Override
    public Future<?> stop() {
        Leadership lead = leadership;
        WebhookSender own = sender;
        anyEnabled = false;
        // the lease ends by itself: who stops does not wait long for a silent PostgreSQL
        return (lead == null ? Future.succeededFuture() : Future.any(lead.close(), vertx.timer(RELEASE_MS)))
                .eventually(() -> own == null ? Future.succeededFuture() : own.close());
    }
}
