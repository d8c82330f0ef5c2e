package dev.stationmaster.experiments;

import dev.stationmaster.agents.AgentMessages;
import dev.stationmaster.agents.AgentMessages.AgentSpec;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.bus.LazyJson;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.IdempotencyStore;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Page;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What people may do with experiments. Stateless; a hint wakes the leader, who does the rest. */
final class ExperimentService {
    private final ExperimentStore store;
    private final TrialStore trials;
    private final Bus bus;
    private final Clock clock;

    ExperimentService(ExperimentStore store, TrialStore trials, Bus bus, Clock clock) {
        this.store = store;
        this.trials = trials;
        this.bus = bus;
        this.clock = clock;
    }

    Future<Experiment> find(UUID id) {
        return store.byId(id).map(found -> found.orElseThrow(() -> ApiException.notFound("experiment", id)));
    }

    Future<List<Trial>> trials(UUID id) {
        return trials.of(id);
    }

    Future<Page<Experiment>> list(
            @Nullable String state, @Nullable String kind, @Nullable String owner, int limit, @Nullable String cursor) {
        return store.page(Page.numberCursor(cursor), state, kind, owner, limit + 1)
                .map(rows -> Page.of(rows, limit, Experiment::seq));
    }

    /** @param operation of the contract, which the Idempotency-Key belongs to */
    Future<Experiment> start(Caller caller, Draft draft, String operation, Optional<String> key, String bodyText) {
        var idempotency = key.map(k -> IdempotencyStore.Key.of(caller.userId(), operation, k, bodyText))
                .orElse(null);
        return versions(caller, draft.needed()).compose(versions -> {
            UUID id = Ids.next();
            var planned = new ArrayList<Trial>();
            for (Draft.Run run : draft.runs()) {
                String version = versions.get(new Draft.Needed(run.agentId(), run.agentVersion()));
                planned.add(Trial.planned(
                        id,
                        planned.size() + 1,
                        run.variant(),
                        run.seed(),
                        run.agentId(),
                        String.valueOf(version),
                        run.hyperparameters()));
            }
            Experiment made = made(caller, draft, id, planned.get(0));
            return store.insert(made, planned, idempotency, entry(caller, "experiment.create", null, made))
                    .compose(earlier -> find(earlier.map(UUID::fromString).orElse(id)))
                    .onSuccess(experiment -> tell(bus, experiment));
        });
    }

    private Experiment made(Caller caller, Draft draft, UUID id, Trial first) {
        boolean benchmark = draft.benchmarkId() != null;
        var now = clock.utc();
        return new Experiment(
                id,
                0,
                draft.kind(),
                draft.name(),
                draft.description(),
                caller.userId(),
                caller.username(),
                ExperimentState.RUNNING,
                null,
                null,
                null,
                draft.plan(),
                draft.maxConcurrent(),
                draft.budgetNanos(),
                0,
                draft.benchmarkId(),
                benchmark ? Long.valueOf(first.agentId()) : null,
                benchmark ? first.agentVersion() : null,
                1,
                now,
                now,
                null);
    }

    /** Pins what is to run. Fails when the caller may not use an agent. */
    private Future<Map<Draft.Needed, String>> versions(Caller caller, List<Draft.Needed> needed) {
        var found = new HashMap<Draft.Needed, String>();
        Future<Void> all = Future.succeededFuture();
        for (Draft.Needed one : needed) {
            all = all.compose(done -> agent(caller, one)).map(agent -> {
                found.put(one, agent.version());
                return null;
            });
        }
        return all.map(found);
    }

    /** The agent in that version. */
    Future<AgentSpec> agent(Caller caller, Draft.Needed needed) {
        return bus.request(new AgentMessages.FindAgent(needed.agentId())).compose(found -> {
            AgentSpec agent = found.agent();
            if (agent == null || !caller.maySeeAgent(needed.agentId())) {
                return Future.failedFuture(ApiException.notFound("agent", needed.agentId()));
            }
            if (!caller.mayChange(agent.ownerId())) {
                return Future.failedFuture(new ApiException(
                        ErrorCode.FORBIDDEN,
                        "Agent " + agent.id() + " belongs to somebody else; ask them or an operator."));
            }
            String version = needed.version();
            return version == null || version.equals(agent.version())
                    ? Future.succeededFuture(agent)
                    : bus.request(new AgentMessages.FindAgentVersion(agent.id(), version))
                            .map(old -> Optional.ofNullable(old.agent())
                                    .orElseThrow(
                                            () -> ApiException.notFound("version of agent " + agent.id(), version)));
        });
    }

    private Future<Experiment> mine(Caller caller, UUID id) {
        return find(id).map(experiment -> {
            if (!caller.mayChange(experiment.ownerId())) {
                throw new ApiException(
                        ErrorCode.FORBIDDEN,
                        "Experiment " + id + " belongs to " + experiment.owner() + "; ask them or an operator.");
            }
            return experiment;
        });
    }

    /** Asks its runs to end; it is cancelled when they have. */
    Future<Experiment> cancel(Caller caller, UUID id) {
        return mine(caller, id).compose(before -> {
            if (before.state() == ExperimentState.STOPPING) {
                return Future.succeededFuture(before);
            }
            return store.stop(
                            id,
                            ExperimentState.CANCELLED,
                            "cancelled_by_user",
                            "Cancelled by " + caller.actor() + ".",
                            clock.utc(),
                            after -> entry(caller, "experiment.cancel", before, after))
                    .map(after -> after.orElseThrow(() -> new ApiException(
                            ErrorCode.INVALID_STATE, "The experiment has ended already; nothing is left to cancel.")))
                    .onSuccess(after -> tell(bus, after));
        });
    }

    /** Name, description, how many at once, and the budget. */
    Future<Experiment> update(Caller caller, UUID id, JsonObject body, @Nullable Long ifMatch) {
        return mine(caller, id).compose(before -> {
            if (ifMatch != null && ifMatch != before.version()) {
                return Future.failedFuture(changedMeanwhile());
            }
            Experiment changed = before.with(
                    body.getString("name", before.name()),
                    body.getString("description", before.description()),
                    body.getInteger("max_concurrent", before.maxConcurrent()),
                    body.containsKey("budget_limit") ? DraftReader.budget(body) : before.budgetNanos(),
                    clock.utc());
            if (before.state() != ExperimentState.RUNNING) {
                return Future.failedFuture(new ApiException(
                        ErrorCode.INVALID_STATE,
                        "The experiment is " + before.state().wireName() + "; only a running one can be changed."));
            }
            return store.patch(changed, after -> entry(caller, "experiment.update", before, after))
                    .map(after -> after.orElseThrow(ExperimentService::changedMeanwhile))
                    .onSuccess(after -> tell(bus, after));
        });
    }

    private static ApiException changedMeanwhile() {
        return new ApiException(ErrorCode.PRECONDITION_FAILED, "The experiment was changed meanwhile; read it again.");
    }

    static void tell(Bus bus, Experiment experiment) {
        bus.publish(new ExperimentMessages.ExperimentChanged(
                experiment.id(),
                experiment.state().wireName(),
                LazyJson.of(() -> experiment.summary().encode())));
    }

    private static AuditEntry entry(Caller caller, String action, @Nullable Experiment before, Experiment after) {
        return new AuditEntry(
                caller.actor(),
                action,
                "experiment/" + after.id(),
                before == null ? null : before.summary().encode(),
                after.summary().encode(),
                caller.requestId());
    }
}
