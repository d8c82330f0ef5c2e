package dev.stationmaster.agents;

import dev.stationmaster.jobs.JobMessages;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.IdempotencyStore;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Money;
import dev.stationmaster.platform.web.Page;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The rules of agents. */
final class AgentService {
    /** A change to one of these makes a new version. */
    private static final Set<String> VERSIONED = Set.of(
            "version", "docker_image", "config", "resource_requirements", "runner", "command", "working_dir", "env");

    private final AgentStore store;
    private final Bus bus;
    private final Clock clock;
    private final PolicyCheck policies;

    AgentService(AgentStore store, Bus bus, Clock clock) {
        this.store = store;
        this.bus = bus;
        this.clock = clock;
        this.policies = new PolicyCheck(bus);
    }

    Future<Agent> create(Caller caller, JsonObject body, Optional<String> key, String bodyText) {
        Long budget =
                body.containsKey("budget_limit") ? Long.valueOf(Money.nanos(body.getValue("budget_limit"))) : null;
        requireBudget(body.getString("type"), budget);
        checkEnv(body);
        var now = clock.utc();
        var version = AgentVersion.empty(now, caller.username())
                .with(body, body.getString("version", "1.0.0"), 1, now, caller.username());
        var agent = new Agent(
                0,
                body.getString("name"),
                body.getString("type"),
                caller.userId(),
                caller.username(),
                body.getString("description"),
                body.getJsonObject("labels", new JsonObject()),
                budget,
                version,
                1,
                List.of(),
                now,
                now);
        var idempotency = key.map(k -> IdempotencyStore.Key.of(caller.userId(), "createAgent", k, bodyText))
                .orElse(null);
        return policies.check(agent).compose(verdict -> store.insert(
                        agent,
                        idempotency,
                        id -> entry(
                                caller, "agent.create", id, null, agent.toJson().put("id", id)))
                .compose(this::find)
                .onSuccess(this::published)
                .compose(made -> policies.accepted(made, verdict)));
    }

    Future<Agent> find(long id) {
        return store.byId(id).map(found -> found.orElseThrow(() -> ApiException.notFound("agent", id)));
    }

    /** For reading: agent tokens see only their own. */
    Future<Agent> visible(Caller caller, long id) {
        return caller.maySeeAgent(id) ? find(id) : Future.failedFuture(ApiException.notFound("agent", id));
    }

    /** For changing: the owner's and the operators'. */
    Future<Agent> mine(Caller caller, long id) {
        return find(id).compose(agent -> caller.mayChange(agent.ownerId())
                ? Future.succeededFuture(agent)
                : Future.failedFuture(new ApiException(
                        ErrorCode.FORBIDDEN,
                        "Agent " + id + " belongs to " + agent.owner() + "; ask them or an operator.")));
    }

    Future<Page<Agent>> list(int limit, @Nullable String cursor, @Nullable String type, @Nullable String name) {
        return store.page(Page.numberCursor(cursor), type, name, limit + 1)
                .map(rows -> Page.of(rows, limit, Agent::id));
    }

    Future<Agent> update(Caller caller, long id, JsonObject body, @Nullable Long ifMatch) {
        checkEnv(body);
        return mine(caller, id).compose(before -> {
            if (ifMatch != null && ifMatch != before.revision()) {
                return Future.failedFuture(new ApiException(
                        ErrorCode.PRECONDITION_FAILED, "The agent was changed meanwhile; read it again."));
            }
            boolean newVersion = body.fieldNames().stream().anyMatch(VERSIONED::contains);
            Long budget = before.budgetNanos();
            if (body.containsKey("budget_limit")) {
                Object value = body.getValue("budget_limit");
                budget = value == null ? null : Long.valueOf(Money.nanos(value));
            }
            requireBudget(before.type(), budget);
            Long newBudget = budget;
            var version = newVersion ? nextVersion(caller, before, body) : Future.succeededFuture(before.current());
            return version.compose(v -> {
                var after = changed(
                        before,
                        body.getString("description", before.description()),
                        body.getJsonObject("labels", before.labels()),
                        newBudget,
                        v);
                return save(caller, "agent.update", before, after, newVersion ? v : null);
            });
        });
    }

    Future<AgentVersion> addVersion(Caller caller, long id, JsonObject body) {
        checkEnv(body);
        return mine(caller, id)
                .compose(before -> nextVersion(caller, before, body).compose(version -> {
                    var after = changed(before, before.description(), before.labels(), before.budgetNanos(), version);
                    return save(caller, "agent.version", before, after, version).map(version);
                }));
    }

    Future<Agent> rollback(Caller caller, long id, String version) {
        return mine(caller, id).compose(before -> store.version(id, version).compose(found -> {
            AgentVersion target = found.orElseThrow(() -> ApiException.notFound("version", version));
            var after = changed(before, before.description(), before.labels(), before.budgetNanos(), target);
            return save(caller, "agent.rollback", before, after, null);
        }));
    }

    Future<Void> delete(Caller caller, long id) {
        return mine(caller, id)
                .compose(agent -> store.hasDeployment(id).map(live -> {
                    if (live) {
                        throw new ApiException(
                                ErrorCode.INVALID_STATE,
                                "The agent has a deployment; stop it first, and wait for its end.");
                    }
                    return agent;
                }))
                .compose(agent -> bus.request(new JobMessages.CountActiveJobs(id, null))
                        .compose(active -> active.count() > 0
                                ? Future.failedFuture(new ApiException(
                                        ErrorCode.HAS_ACTIVE_JOBS,
                                        active.count() + " jobs of this agent are not finished; cancel them or wait."))
                                : store.delete(
                                        id, clock.utc(), entry(caller, "agent.delete", id, agent.toJson(), null)))
                        .onSuccess(done -> bus.publish(new AgentMessages.AgentChanged(id))));
    }

    Future<Page<AgentVersion>> versions(Caller caller, long id, int limit, @Nullable String cursor) {
        return visible(caller, id)
                .compose(agent -> store.versions(id, Page.numberCursor(cursor), limit + 1))
                .map(rows -> Page.of(rows, limit, AgentVersion::seq));
    }

    Future<Optional<AgentVersion>> version(long id, String version) {
        return store.version(id, version);
    }

    private Future<AgentVersion> nextVersion(Caller caller, Agent agent, JsonObject body) {
        AgentVersion current = agent.current();
        String wanted = body.getString("version");
        Future<String> name =
                wanted == null ? free(agent.id(), bumped(current.version())) : Future.succeededFuture(wanted);
        return name.map(n -> current.with(body, n, current.seq() + 1, clock.utc(), caller.username()));
    }

    /** After a roll-back the next number may be taken by what was rolled back. */
    private Future<String> free(long id, String name) {
        return store.version(id, name)
                .compose(taken -> taken.isEmpty() ? Future.succeededFuture(name) : free(id, bumped(name)));
    }

    /** {@code 1.0.9} gives {@code 1.0.10}; a name without a number at its end gets one. */
    static String bumped(String version) {
        int i = version.length();
        while (i > 0 && Character.isDigit(version.charAt(i - 1))) {
            i--;
        }
        String digits = version.substring(i);
        boolean number = !digits.isEmpty() && digits.length() < 10;
        return number ? version.substring(0, i) + (Long.parseLong(digits) + 1) : version + ".1";
    }

    private Agent changed(
            Agent before,
            @Nullable String description,
            JsonObject labels,
            @Nullable Long budget,
            AgentVersion version) {
        return new Agent(
                before.id(),
                before.name(),
                before.type(),
                before.ownerId(),
                before.owner(),
                description,
                labels,
                budget,
                version,
                before.revision() + 1,
                before.secretNames(),
                before.createdAt(),
                clock.utc());
    }

    private Future<Agent> save(Caller caller, String action, Agent before, Agent after, @Nullable AgentVersion added) {
        return policies.check(after).compose(verdict -> store.update(
                        after,
                        before.revision(),
                        added,
                        entry(caller, action, after.id(), before.toJson(), after.toJson()))
                .compose(done -> find(after.id()))
                .onSuccess(this::published)
                .compose(saved -> policies.accepted(saved, verdict)));
    }

    private void published(Agent agent) {
        bus.publish(new AgentMessages.AgentChanged(agent.id()));
    }

    private static void requireBudget(String type, @Nullable Long budget) {
        if ("real_deployment".equals(type) && budget == null) {
            throw new ApiException(
                    ErrorCode.BUDGET_REQUIRED,
                    "A real_deployment spends real money: give it a budget_limit in dollars.",
                    List.of(new FieldError("/budget_limit", "required for type real_deployment")));
        }
    }

    private static void checkEnv(JsonObject body) {
        for (String name : body.getJsonObject("env", new JsonObject()).fieldNames()) {
            if (name.startsWith("STATIONMASTER_")) {
                throw new ApiException(
                        ErrorCode.INVALID_FIELD,
                        "Names that start with STATIONMASTER_ belong to the job contract.",
                        List.of(new FieldError("/env/" + name, "reserved name")));
            }
        }
        if (body.encode().contains("\\u0000")) {
            throw new ApiException(ErrorCode.INVALID_FIELD, "The body holds a NUL character; it can't be stored.");
        }
    }

    private static AuditEntry entry(
            Caller caller, String action, long id, @Nullable JsonObject before, @Nullable JsonObject after) {
        return new AuditEntry(
                caller.actor(),
                action,
                "agent/" + id,
                before == null ? null : before.encode(),
                after == null ? null : after.encode(),
                caller.requestId());
    }
}
