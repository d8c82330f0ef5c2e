package dev.stationmaster.jobs;

import dev.stationmaster.accounts.AccountMessages;
import dev.stationmaster.agents.AgentMessages;
import dev.stationmaster.agents.AgentMessages.AgentSpec;
import dev.stationmaster.jobs.Placement.RunnerInfo;
import dev.stationmaster.jobs.queue.JobQueue;
import dev.stationmaster.jobs.queue.QueuedJob;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.config.Quantity;
import dev.stationmaster.platform.db.GroupCommit;
import dev.stationmaster.platform.db.IdempotencyStore;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Collections;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes new jobs: refuses at once what can never run, writes the rest durably (many with one commit) and indexes it.
 * Bound to one event loop.
 */
final class SubmitService {
    private static final Logger LOG = LoggerFactory.getLogger(SubmitService.class);
    private static final Duration CACHE = Duration.ofSeconds(5);
    private static final int MAX_BATCH = 256;
    private static final int MAX_WAITING = 10_000;

    private final JobsSettings settings;
    private final Placement placement;
    private final BudgetGate budgets;
    private final Bus bus;
    private final Clock clock;
    private final JobMeters meters;
    private final GroupCommit<NewJob, JobInsertStore.Inserted> writer;
    /** Its own group, so that the next commit need not wait for Redis. */
    private final GroupCommit<QueuedJob, Integer> indexer;

    private final RequestCache<Long, AgentMessages.AgentFound> agents;
    private final RequestCache<UUID, AccountMessages.QuotaFound> quotas;

    SubmitService(
            JobsSettings settings,
            Placement placement,
            BudgetGate budgets,
            JobInsertStore store,
            JobQueue queue,
            Bus bus,
            Clock clock,
            JobMeters meters) {
        this.settings = settings;
        this.placement = placement;
        this.budgets = budgets;
        this.bus = bus;
        this.clock = clock;
        this.meters = meters;
        this.writer = new GroupCommit<>(MAX_BATCH, MAX_WAITING, store::insert);
        this.indexer = new GroupCommit<>(MAX_BATCH, MAX_WAITING, jobs -> queue.enqueue(jobs)
                .map(done -> Collections.nCopies(jobs.size(), done)));
        this.agents = new RequestCache<>(CACHE, id -> bus.request(new AgentMessages.FindAgent(id)));
        this.quotas = new RequestCache<>(CACHE, id -> bus.request(new AccountMessages.FindQuota(id)));
        bus.on(AgentMessages.AgentChanged.class, m -> agents.forget(m.agentId()));
        bus.on(AccountMessages.QuotaChanged.class, m -> quotas.forget(m.userId()));
    }

    Future<Job> create(Caller caller, JsonObject body, Optional<String> key, String bodyText) {
        if (bodyText.contains("\\u0000")) {
            throw new ApiException(ErrorCode.INVALID_FIELD, "The body holds a NUL character; it can't be stored.");
        }
        long agentId = body.getLong("agent_id");
        return agentFor(caller, agentId).compose(agent -> {
            Resources resources = resources(body.getJsonObject("resource_requirements"), agent);
            JsonObject hyperparameters = new JsonObject(agent.hyperparametersJson())
                    .mergeIn(body.getJsonObject("hyperparameters", new JsonObject()));
            RunnerInfo runner = placement.choose(agent, resources);
            UUID id = Ids.next();
            var job = new NewJob(
                    id,
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
                    body.getLong("timeout_seconds"),
                    body.getJsonObject("labels", new JsonObject()),
                    null,
                    id,
                    clock.utc(),
                    key.map(k -> IdempotencyStore.Key.of(caller.userId(), "createJob", k, bodyText))
                            .orElse(null));
            return submit(agent, job);
        });
    }

    /** A finished job once more, as a new job in the same folder, with the agent's present version. */
    Future<Job> retry(Caller caller, Job old, Optional<String> key) {
        if (!old.state().isFinal()) {
            return Future.failedFuture(new ApiException(
                    ErrorCode.INVALID_STATE,
                    "The job is " + old.state().wireName() + "; only a finished job can be submitted again."));
        }
        return agentFor(caller, old.agentId()).compose(agent -> {
            RunnerInfo runner = placement.choose(agent, old.resources());
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
                    old.timeoutSeconds(),
                    old.labels(),
                    old.id(),
                    old.folderId(),
                    clock.utc(),
                    key.map(k -> IdempotencyStore.Key.of(caller.userId(), "createJob", k, "retry " + old.id()))
                            .orElse(null));
            return submit(agent, job);
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

    private Future<Job> submit(AgentSpec agent, NewJob job) {
        if (job.resources().cpuMillis() > settings.maxCpuMillisPerJob()) {
            return Future.failedFuture(new ApiException(
                    ErrorCode.EXCEEDS_MAX_QUOTA,
                    "A job may ask for at most " + Quantity.ofMillis(settings.maxCpuMillisPerJob()) + " CPU here."));
        }
        if (!job.simulated() && budgets.isExhausted(agent.id(), job.caller().userId())) {
            return Future.failedFuture(new ApiException(
                    ErrorCode.BUDGET_EXHAUSTED,
                    "The budget of agent " + agent.name() + " or of "
                            + job.caller().username() + " is spent; raise it first."));
        }
        return quotas.get(job.caller().userId()).compose(quota -> {
            Optional<String> problem = JobService.quotaProblem(quota, agent, job);
            if (problem.isPresent()) {
                return Future.failedFuture(new ApiException(ErrorCode.EXCEEDS_MAX_QUOTA, problem.get()));
            }
            return writer.add(job).compose(inserted -> {
                if (!inserted.fresh()) {
                    return Future.succeededFuture(inserted.job());
                }
                meters.submitted(agent.name());
                JobNews.changed(bus, inserted.job());
                return index(inserted.job());
            });
        });
    }

    /** The row is committed: whatever happens here, the job is safe, and the reconciler indexes what is missing. */
    private Future<Job> index(Job job) {
        return indexer.add(JobService.queued(job))
                .onFailure(e -> LOG.debug("Not indexed now: {}", e.toString()))
                .otherwise(0)
                .map(job);
    }

    private Resources resources(@org.jspecify.annotations.Nullable JsonObject asked, AgentSpec agent) {
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
