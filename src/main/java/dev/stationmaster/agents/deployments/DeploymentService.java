package dev.stationmaster.agents.deployments;

import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Page;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What people may do with deployments. Stateless; a hint wakes the leader, who does the rest. */
final class DeploymentService {
    private final DeploymentStore store;
    private final DeploymentAgents agents;
    private final Bus bus;
    private final Clock clock;

    DeploymentService(DeploymentStore store, DeploymentAgents agents, Bus bus, Clock clock) {
        this.store = store;
        this.agents = agents;
        this.bus = bus;
        this.clock = clock;
    }

    /** Also a stopped one. Fails where the agent never had one. */
    Future<Deployment> find(Caller caller, long agentId) {
        return agents.visible(caller, agentId)
                .compose(agent -> store.find(agentId))
                .map(found -> found.orElseThrow(() -> ApiException.notFound("deployment of agent", agentId)));
    }

    Future<Revision> revision(Caller caller, long agentId, int revision) {
        return agents.visible(caller, agentId)
                .compose(agent -> store.revision(agentId, revision))
                .map(found -> found.orElseThrow(() -> ApiException.notFound("revision", revision)));
    }

    Future<Page<Revision>> revisions(Caller caller, long agentId, int limit, @Nullable String cursor) {
        return agents.visible(caller, agentId)
                .compose(agent -> store.revisions(agentId, Page.numberCursor(cursor), limit + 1))
                .map(rows -> Page.of(rows, limit, Revision::revision));
    }

    Future<Page<JsonObject>> events(Caller caller, long agentId, int limit, @Nullable String cursor) {
        return agents.visible(caller, agentId)
                .compose(agent -> store.events(agentId, Page.numberCursor(cursor), limit + 1))
                .map(rows -> Page.of(rows, limit, event -> event.getLong("seq")));
    }

    /** Makes the agent's deployment, or rolls a new revision of it out. */
    Future<Deployment> deploy(Caller caller, long agentId, DeploymentDraft draft) {
        return agents.mine(caller, agentId)
                .compose(agent -> agents.version(agent, draft.version()))
                .compose(agent -> store.find(agentId).compose(before -> {
                    OffsetDateTime now = clock.utc();
                    Function<Integer, Revision> content = number -> new Revision(
                            agentId,
                            number,
                            number,
                            agent.version(),
                            draft.spec(),
                            RolloutState.ROLLING,
                            false,
                            null,
                            null,
                            null,
                            caller.actor(),
                            now,
                            now,
                            null);
                    String text = "Version " + agent.version() + " is rolled out to " + draft.replicas()
                            + " replicas by " + caller.actor() + ".";
                    return roll(
                            caller,
                            "deployment.roll",
                            before,
                            wanted(agentId, agent.ownerId(), agent.owner(), draft.replicas(), now),
                            content,
                            text);
                }));
    }

    /** A new revision with the content of an earlier one, named by its number or its version. */
    Future<Deployment> rollback(Caller caller, long agentId, @Nullable Integer revision, @Nullable String version) {
        return agents.mine(caller, agentId)
                .compose(agent -> find(caller, agentId).compose(before -> {
                    Future<Optional<Revision>> wanted = revision != null
                            ? store.revision(agentId, revision)
                            : store.newestOf(agentId, String.valueOf(version), before.revision());
                    return wanted.compose(found -> {
                        Revision back = found.orElseThrow(() -> ApiException.notFound(
                                "earlier revision", revision == null ? "of version " + version : revision));
                        if (back.revision() == before.revision()) {
                            throw new ApiException(
                                    ErrorCode.INVALID_STATE,
                                    "Revision " + revision + " is the present one; name an earlier one.");
                        }
                        OffsetDateTime now = clock.utc();
                        String text = "Rolled back to revision " + back.revision() + " (version " + back.agentVersion()
                                + ") by " + caller.actor() + ".";
                        return roll(
                                caller,
                                "deployment.rollback",
                                Optional.of(before),
                                wanted(agentId, agent.ownerId(), agent.owner(), before.replicas(), now),
                                number -> back.again(number, caller.actor(), now),
                                text);
                    });
                }));
    }

    private static Deployment wanted(long agentId, UUID ownerId, String owner, int replicas, OffsetDateTime now) {
        return new Deployment(agentId, ownerId, owner, DeploymentState.ACTIVE, 1, replicas, 0, 1, now, now);
    }

    private Future<Deployment> roll(
            Caller caller,
            String action,
            Optional<Deployment> before,
            Deployment wanted,
            Function<Integer, Revision> content,
            String text) {
        return store.roll(
                        wanted,
                        content,
                        DeploymentEvent.of(
                                "deployment.rollback".equals(action)
                                        ? DeploymentEvent.ROLLED_BACK
                                        : DeploymentEvent.ROLLOUT_STARTED,
                                wanted.revision(),
                                text),
                        after -> entry(caller, action, before.orElse(null), after))
                .onSuccess(this::tell);
    }

    Future<Deployment> scale(Caller caller, long agentId, int replicas) {
        return agents.mine(caller, agentId)
                .compose(agent -> find(caller, agentId))
                .compose(before -> {
                    String text =
                            "Scaled from " + before.replicas() + " to " + replicas + " by " + caller.actor() + ".";
                    return store.scale(
                                    agentId,
                                    replicas,
                                    clock.utc(),
                                    DeploymentEvent.of(DeploymentEvent.SCALED, before.revision(), text),
                                    after -> entry(caller, "deployment.scale", before, after))
                            .compose(after ->
                                    after.isPresent() ? Future.succeededFuture(after.get()) : same(before, replicas))
                            .onSuccess(this::tell);
                });
    }

    private static Future<Deployment> same(Deployment before, int replicas) {
        return before.state() == DeploymentState.ACTIVE && before.replicas() == replicas
                ? Future.succeededFuture(before)
                : Future.failedFuture(notActive(before));
    }

    /** Asks all replicas to end; it is stopped when they have. */
    Future<Deployment> stop(Caller caller, long agentId) {
        return agents.mine(caller, agentId)
                .compose(agent -> find(caller, agentId))
                .compose(before -> {
                    if (before.state() == DeploymentState.STOPPING) {
                        return Future.succeededFuture(before);
                    }
                    String text = "Stopped by " + caller.actor() + ".";
                    return store.stop(
                                    agentId,
                                    clock.utc(),
                                    DeploymentEvent.of("stopping", before.revision(), text),
                                    after -> entry(caller, "deployment.stop", before, after))
                            .map(after -> after.orElseThrow(() -> notActive(before)))
                            .onSuccess(this::tell);
                });
    }

    private static ApiException notActive(Deployment d) {
        return new ApiException(
                ErrorCode.INVALID_STATE,
                "The deployment is " + d.state().wireName() + "; deploy the agent again to go on.");
    }

    private void tell(Deployment d) {
        bus.publish(new DeploymentMessages.DeploymentChanged(d.agentId()));
    }

    private static AuditEntry entry(Caller caller, String action, @Nullable Deployment before, Deployment after) {
        return new AuditEntry(
                caller.actor(),
                action,
                "agent/" + after.agentId() + "/deployment",
                before == null ? null : before.brief().encode(),
                after.brief().encode(),
                caller.requestId());
    }
}
