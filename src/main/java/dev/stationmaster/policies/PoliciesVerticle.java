package dev.stationmaster.policies;

import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.leader.LeaderStore;
import dev.stationmaster.platform.leader.Leadership;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.policies.language.Target;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wires policies and owns the rules in effect on this node. PostgreSQL is the truth: rules are read at the start, when a
 * message says so, and every ten seconds. Its routes may be used on every event loop.
 */
public final class PoliciesVerticle extends VerticleBase {
    private static final Logger LOG = LoggerFactory.getLogger(PoliciesVerticle.class);
    private static final Duration RELOAD = Duration.ofSeconds(10);
    private static final Duration PURGE = Duration.ofHours(1);
    private static final Duration LEADER_TTL = Duration.ofSeconds(15);

    private final PoliciesSettings settings;
    private final Database database;
    private final Bus bus;
    private final Clock clock;
    private final CurrentBook book = new CurrentBook();
    private final PolicyStore store;
    private final ViolationStore history;
    private final Owners owners;
    private final FileSync files;
    private final PolicyService policies;
    private final ComplianceService compliance;
    private final AdmissionService admission;
    private @Nullable Leadership leadership;
    /** One after the other, so that an older reading never replaces a newer one. */
    private Future<Void> reading = Future.succeededFuture();
    /** The last try to take the files over; fails until it worked. */
    private Future<Integer> synced = Future.succeededFuture(0);

    public PoliciesVerticle(Vertx vertx, PoliciesSettings settings, Database database, Bus bus, Clock clock) {
        this.settings = settings;
        this.database = database;
        this.bus = bus;
        this.clock = clock;
        store = new PolicyStore(database, new AuditTrail(clock));
        history = new ViolationStore(database);
        owners = new Owners(bus);
        var subjects = new Subjects(bus, clock, owners);
        files = new FileSync(settings, store, clock);
        policies = new PolicyService(vertx, store, bus, clock);
        compliance = new ComplianceService(vertx, book, subjects, history, policies, clock);
        admission = new AdmissionService(vertx, book, subjects, history, clock);
    }

    public Map<String, ApiHandler> handlers() {
        return new PolicyRoutes(policies, compliance).handlers();
    }

    @Override
    public Future<?> start() {
        var leader = new Leadership(
                vertx,
                clock,
                new LeaderStore(database),
                "policies",
                UUID.randomUUID().toString(),
                LEADER_TTL,
                this::takeFilesOver);
        leadership = leader;
        return leader.start().compose(done -> synced).compose(done -> reload()).onSuccess(done -> run());
    }

    private void takeFilesOver() {
        synced = files.run();
        synced.onSuccess(count -> edited(count)).onFailure(e -> LOG.error("Policy files: {}", e.toString()));
    }

    private void edited(int count) {
        if (count > 0) {
            bus.publish(new PolicyMessages.PoliciesEdited());
        }
    }

    private void run() {
        owners.subscribe();
        bus.on(PolicyMessages.PoliciesEdited.class, m -> later("Reading policies", reload()));
        bus.answer(PolicyMessages.ReloadPolicies.class, q -> reload().map(done -> state()));
        bus.answer(PolicyMessages.FindPolicyState.class, q -> Future.succeededFuture(state()));
        bus.answer(PolicyMessages.CheckJob.class, admission::checkJob);
        bus.answer(PolicyMessages.CheckAgent.class, admission::checkAgent);
        bus.answer(PolicyMessages.RecordAccepted.class, admission::record);
        vertx.setPeriodic(RELOAD.toMillis(), id -> look());
        vertx.setPeriodic(PURGE.toMillis(), id -> purge());
    }

    private PolicyMessages.PolicyState state() {
        PolicyBook now = book.get();
        return new PolicyMessages.PolicyState(now.count(Target.JOB), now.count(Target.AGENT));
    }

    private Future<Void> reload() {
        reading = reading.transform(
                before -> store.enabled().compose(this::compiled).map(newer -> {
                    boolean changed = !newer.versions().equals(book.get().versions());
                    book.set(newer);
                    if (changed) {
                        bus.publish(new PolicyMessages.PoliciesLoaded());
                    }
                    return null;
                }));
        return reading;
    }

    /** Without policies the language is not even loaded. */
    private Future<PolicyBook> compiled(List<Policy> enabled) {
        PolicyBook before = book.get();
        return enabled.isEmpty()
                ? Future.succeededFuture(PolicyBook.EMPTY)
                : vertx.executeBlocking(() -> PolicyBook.compile(enabled, before));
    }

    private void look() {
        later("Reading policies", reload());
        if (synced.failed() && leadership != null && leadership.isLeader()) {
            takeFilesOver();
        }
    }

    private void purge() {
        if (leadership != null && leadership.isLeader()) {
            later("Deleting old history of policies", history.purge(clock.utc().minus(settings.retention())));
        }
    }

    private static void later(String what, Future<?> work) {
        work.onFailure(e -> LOG.warn("{}: {}", what, e.toString()));
    }

    @Override
    public Future<?> stop() {
        Leadership l = leadership;
        return l == null ? Future.succeededFuture() : l.close();
    }
}
