package dev.stationmaster.jobs;

import dev.stationmaster.agents.AgentMessages;
import dev.stationmaster.agents.AgentMessages.AgentSpec;
import dev.stationmaster.costs.CostMessages;
import dev.stationmaster.jobs.JobInsertStore.Inserted;
import dev.stationmaster.jobs.Placement.RunnerInfo;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.config.Quantity;
import dev.stationmaster.platform.db.IdempotencyStore;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import dev.stationmaster.policies.PolicyMessages.PolicyVerdict;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes new jobs: refuses at once what can never run, writes the rest durably (many with one commit) and indexes it.
 * Bound to one event loop.
 */
final class SubmitService {
    private static final Logger LOG = LoggerFactory.getLogger(SubmitService.class);
    private static final Duration CACHE = Duration.ofSeconds(5);

    private final JobsSettings settings;
    private final Supplier<Placement> placement;
    private final SubmitChecks checks;
    private final PolicyGate policies;
    private final Bus bus;
    private final Clock clock;
    private final JobMeters meters;
    private final JobWriter writer;
    private final RequestCache<Long, AgentMessages.AgentFound> agents;

    SubmitService(
            JobsSettings settings,
            Supplier<Placement> placement,
            SubmitChecks checks,
            PolicyGate policies,
            JobWriter writer,
            Bus bus,
            Clock clock,
            JobMeters meters) {
        this.settings = settings;
        this.placement = placement;
        this.checks = checks;
        this.policies = policies;
        this.bus = bus;
        this.clock = clock;
        this.meters = meters;
        this.writer = writer;
        this.agents = new RequestCache<>(CACHE, id -> bus.request(new AgentMessages.FindAgent(id)));
        bus.on(AgentMessages.AgentChanged.class, m -> agents.forget(m.agentId()));
    }

    Future<Job> create(Caller caller, JsonObject body, Optional<String> key, String bodyText) {
        refuseNul(bodyText);
        return prepared(caller, body, Ticket.of(caller, key, bodyText)).compose(this::submit);
    }

    /** What would become of it: every check of a submission, and then the decision, without writing anything. */
    Future<JsonObject> plan(Caller caller, JsonObject body, String bodyText) {
        refuseNul(bodyText);
        return prepared(caller, body, Ticket.of(caller, Optional.empty(), bodyText))
                .compose(wanted ->
                        checks.check(wanted.agent(), wanted.job(), Set.of()).compose(fits -> plan(wanted.job())));
    }

    private Future<JsonObject> plan(NewJob job) {
        Resources r = job.resources();
        var question = new JobMessages.PlanJob(
                job.scheduling().queue(),
                job.caller().userId(),
                job.agentId(),
                job.runner(),
                job.priority(),
                r.cpuMillis(),
                r.memoryBytes(),
                r.gpus(),
                r.storageBytes(),
                job.scheduling().replicas(),
                job.scheduling().minReplicas());
        Resources all = r.times(job.scheduling().replicas());
        var cost = bus.request(new CostMessages.FindHourlyCost(all.cpuMillis(), all.memoryBytes(), all.gpus()));
        var plan = bus.request(question);
        return Future.all(plan, cost).map(both -> JobPlan.json(job, plan.result(), cost.result(), clock.utc()));
    }

    record Wanted(AgentSpec agent, NewJob job) {}

    /** What is known of a job before its body is read. */
    record Ticket(UUID id, @Nullable UUID graphId, IdempotencyStore.@Nullable Key key) {
        static Ticket of(Caller caller, Optional<String> key, String bodyText) {
            var once = key.map(k -> IdempotencyStore.Key.of(caller.userId(), "createJob", k, bodyText));
            return new Ticket(Ids.next(), null, once.orElse(null));
        }
    }

    /** A job that may be written, with the policies that it breaks nevertheless. */
    record Accepted(NewJob job, PolicyVerdict verdict) {}

    static void refuseNul(String bodyText) {
        if (bodyText.contains("\\u0000")) {
            throw new ApiException(ErrorCode.INVALID_FIELD, "The body holds a NUL character; it can't be stored.");
        }
    }

    /** The job that the body describes. It is checked by {@link #checked}. */
    Future<Wanted> prepared(Caller caller, JsonObject body, Ticket ticket) {
        long agentId = body.getLong("agent_id");
        return agentFor(caller, agentId).compose(agent -> pinned(agent, body)).compose(agent -> {
            Resources resources = resources(body.getJsonObject("resource_requirements"), agent);
            JsonObject hyperparameters = new JsonObject(agent.hyperparametersJson())
                    .mergeIn(body.getJsonObject("hyperparameters", new JsonObject()));
            Scheduling scheduling = JobBody.scheduling(body);
            RunnerInfo runner = placement.get().choose(agent, resources, scheduling.minReplicas());
            var job = new NewJob(
                    ticket.id(),
                    caller,
                    agent.id(),
                    agent.name(),
                    agent.version(),
                    body.getString("name"),
                    body.getInteger("priority", 5),
                    runner.name(),
                    runner.simulated(),
                    body.getInteger("max_attempts", 1),
                    hyperparameters,
                    body.getJsonObject("training_config", new JsonObject()),
                    resources,
                    scheduling,
                    JobBody.starts(body),
                    JobBody.retries(body),
                    body.getLong("timeout_seconds"),
                    body.getJsonObject("labels", new JsonObject()),
                    body.getJsonObject("service"),
                    null,
                    false,
                    ticket.graphId(),
                    ticket.id(),
                    clock.utc(),
                    ticket.key());
            return Future.succeededFuture(new Wanted(agent, job));
        });
    }

    /** A finished job once more, as a new job in the same folder, with the agent's present version. */
    Future<Job> retry(Caller caller, Job old, Optional<String> key) {
        return again(caller, old, key, false);
    }

    /** The same for a dead letter, if nobody closed it meanwhile. */
    Future<Job> redrive(Caller caller, Job old) {
        return again(caller, old, Optional.empty(), true);
    }

    private Future<Job> again(Caller caller, Job old, Optional<String> key, boolean redrive) {
        if (!old.state().isFinal()) {
            return Future.failedFuture(new ApiException(
                    ErrorCode.INVALID_STATE,
                    "The job is " + old.state().wireName() + "; only a finished job can be submitted again."));
        }
        if (old.isService()) {
            return Future.failedFuture(new ApiException(
                    ErrorCode.INVALID_STATE, "The job is a replica of a deployment, which replaces it by itself."));
        }
        return agentFor(caller, old.agentId()).compose(agent -> {
            RunnerInfo runner = placement
                    .get()
                    .choose(agent, old.resources(), old.scheduling().minReplicas());
            var job = new NewJob(
                    Ids.next(),
                    caller,
                    agent.id(),
                    agent.name(),
                    agent.version(),
                    old.name(),
                    old.priority(),
                    runner.name(),
                    runner.simulated(),
                    old.maxAttempts(),
                    old.hyperparameters(),
                    old.trainingConfig(),
                    old.resources(),
                    old.scheduling().again(),
                    StartRules.AT_ONCE,
                    old.retries(),
                    old.timeoutSeconds(),
                    old.labels(),
                    null,
                    old.id(),
                    redrive,
                    null,
                    old.folderId(),
                    clock.utc(),
                    key.map(k -> IdempotencyStore.Key.of(caller.userId(), "createJob", k, "retry " + old.id()))
                            .orElse(null));
            return submit(new Wanted(agent, job));
        });
    }

    private Future<AgentSpec> agentFor(Caller caller, long agentId) {
        if (!caller.maySeeAgent(agentId)) {
            return Future.failedFuture(ApiException.notFound("agent", agentId));
        }
        return agents.get(agentId).compose(found -> {
            AgentSpec agent = found.agent();
            if (agent == null) {
                return Future.failedFuture(ApiException.notFound("agent", agentId));
            }
            boolean ownAgent = caller.role() == Role.AGENT && caller.maySeeAgent(agentId);
            return ownAgent || caller.mayChange(agent.ownerId())
                    ? Future.succeededFuture(agent)
                    : Future.failedFuture(new ApiException(
                            ErrorCode.FORBIDDEN,
                            "Agent " + agentId + " belongs to somebody else; ask them or an operator."));
        });
    }

    /** Experiments name the version; everybody else gets the present one. */
    private Future<AgentSpec> pinned(AgentSpec agent, JsonObject body) {
        String version = body.getString("agent_version");
        if (version == null || version.equals(agent.version())) {
            return Future.succeededFuture(agent);
        }
        return bus.request(new AgentMessages.FindAgentVersion(agent.id(), version))
                .compose(found -> {
                    AgentSpec wanted = found.agent();
                    return wanted == null
                            ? Future.failedFuture(ApiException.notFound("version of agent " + agent.id(), version))
                            : Future.succeededFuture(wanted);
                });
    }

    private Future<Job> submit(Wanted wanted) {
        return checked(wanted, Set.of())
                .compose(accepted -> writer.write(accepted.job()).compose(inserted -> {
                    ApiException refusal = refusal(inserted);
                    if (refusal != null) {
                        return Future.failedFuture(refusal);
                    }
                    return inserted.fresh()
                            ? accepted(inserted.job(), accepted.verdict())
                            : Future.succeededFuture(inserted.job());
                }));
    }

    /**
     * Fails with the reason when it can never run or may not.
     *
     * @param coming jobs that are written together with it
     */
    Future<Accepted> checked(Wanted wanted, Set<UUID> coming) {
        return checks.check(wanted.agent(), wanted.job(), coming)
                .compose(fits -> policies.admit(wanted.agent(), wanted.job()))
                .map(verdict -> new Accepted(wanted.job(), verdict));
    }

    /** After the commit. */
    Future<Job> accepted(Job job, PolicyVerdict verdict) {
        meters.submitted(job.agentName());
        JobNews.changed(bus, job);
        return policies.accepted(job, verdict).compose(this::index);
    }

    private static @Nullable ApiException refusal(Inserted inserted) {
        if (inserted.duplicateOf() != null) {
            return new ApiException(
                    ErrorCode.DUPLICATE_JOB,
                    "Job " + inserted.duplicateOf() + " has the same deduplication key; nothing was submitted.");
        }
        RedriveStore.Closed closed = inserted.closedLetter();
        if (closed == null) {
            return null;
        }
        return new ApiException(
                ErrorCode.INVALID_STATE,
                closed.redrivenAs() == null
                        ? "The letter was discarded; retry the job itself if you want it."
                        : "It was submitted again already, as job " + closed.redrivenAs() + ".");
    }

    /** The row is committed: whatever happens here, the job is safe, and the reconciler indexes what is missing. */
    private Future<Job> index(Job job) {
        return writer.index(job)
                .onFailure(e -> LOG.debug("Not indexed now: {}", e.toString()))
                .otherwise(0)
                .map(job);
    }

    private Resources resources(@Nullable JsonObject asked, AgentSpec agent) {
        JsonObject r = asked == null ? new JsonObject() : asked;
        Long agentCpu = agent.cpuMillis();
        Long agentMemory = agent.memoryBytes();
        return new Resources(
                r.containsKey("cpu")
                        ? Quantity.parseMillis(r.getString("cpu"))
                        : agentCpu == null ? settings.defaultCpuMillis() : agentCpu,
                r.containsKey("memory")
                        ? Quantity.parseWhole(r.getString("memory"))
                        : agentMemory == null ? settings.defaultMemoryBytes() : agentMemory,
                r.containsKey("gpu") ? (int) Quantity.parseWhole(r.getString("gpu")) : agent.gpus(),
                r.containsKey("storage") ? Quantity.parseWhole(r.getString("storage")) : agent.storageBytes());
    }
}
