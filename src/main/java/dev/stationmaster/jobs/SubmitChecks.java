package dev.stationmaster.jobs;

import dev.stationmaster.accounts.AccountMessages;
import dev.stationmaster.agents.AgentMessages.AgentSpec;
import dev.stationmaster.costs.CostMessages.Limit;
import dev.stationmaster.jobs.queues.JobQueueConfig;
import dev.stationmaster.jobs.queues.QueueStore;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.scheduler.Amounts;
import dev.stationmaster.jobs.scheduler.QueueSpec;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.config.Quantity;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Refuses at once what can never run: over quota, over budget, no such queue, no such dependency. Bound to one event loop. */
final class SubmitChecks {
    private static final Duration CACHE = Duration.ofSeconds(5);

    private final JobsSettings settings;
    private final BudgetGate budgets;
    private final StartStore starts;
    private final RequestCache<UUID, AccountMessages.QuotaFound> quotas;
    private final RequestCache<String, Optional<JobQueueConfig>> queues;

    SubmitChecks(JobsSettings settings, BudgetGate budgets, StartStore starts, QueueStore queueStore, Bus bus) {
        this.settings = settings;
        this.budgets = budgets;
        this.starts = starts;
        this.quotas = new RequestCache<>(CACHE, id -> bus.request(new AccountMessages.FindQuota(id)));
        this.queues = new RequestCache<>(CACHE, queueStore::find);
        bus.on(JobMessages.QueueConfigChanged.class, m -> queues.forget(m.queue()));
        bus.on(AccountMessages.QuotaChanged.class, m -> quotas.forget(m.userId()));
    }

    /**
     * Fails with {@link ApiException} and the reason.
     *
     * @param coming jobs that are not there yet and that it may depend on: they are written with it
     */
    Future<Void> check(AgentSpec agent, NewJob job, Set<UUID> coming) {
        if (atLeast(job).cpuMillis() > settings.maxCpuMillisPerJob()) {
            return refused(
                    ErrorCode.EXCEEDS_MAX_QUOTA,
                    "A job may ask for at most " + Quantity.ofMillis(settings.maxCpuMillisPerJob()) + " CPU here.");
        }
        Optional<Limit> spent = job.simulated()
                ? Optional.empty()
                : budgets.refuses(
                        agent.id(),
                        job.caller().userId(),
                        job.scheduling().queue(),
                        job.resources().gpus());
        if (spent.isPresent()) {
            return refused(ErrorCode.BUDGET_EXHAUSTED, refusal(spent.get(), agent, job));
        }
        return quotas.get(job.caller().userId())
                .compose(quota -> JobService.quotaProblem(quota, agent, job)
                        .map(problem -> refused(ErrorCode.EXCEEDS_MAX_QUOTA, problem))
                        .orElseGet(Future::succeededFuture))
                .compose(fits -> dependencies(job, coming))
                .compose(known -> queue(job));
    }

    private static String refusal(Limit spent, AgentSpec agent, NewJob job) {
        return spent.name() == null
                ? "The budget of agent " + agent.name() + " or of "
                        + job.caller().username() + " is spent; raise it first."
                : BudgetGate.sentence(spent) + " Until then it takes no new jobs.";
    }

    /** What it starts with at the least. */
    private static Resources atLeast(NewJob job) {
        return job.resources().times(job.scheduling().minReplicas());
    }

    private static Future<Void> refused(ErrorCode code, String detail) {
        return Future.failedFuture(new ApiException(code, detail));
    }

    /**
     * They must be there, and the caller's to see. A job can only depend on what is there, or on what comes with it and was
     * put in order before: no cycle can come about.
     */
    private Future<Void> dependencies(NewJob job, Set<UUID> coming) {
        List<UUID> ids = job.starts().dependsOn().stream()
                .filter(id -> !coming.contains(id))
                .toList();
        if (ids.isEmpty()) {
            return Future.succeededFuture();
        }
        return starts.belong(ids).map(found -> {
            Set<UUID> seen = new HashSet<>();
            found.stream()
                    .filter(other -> job.caller().maySeeAgent(other.agentId()))
                    .forEach(other -> seen.add(other.id()));
            for (UUID id : ids) {
                if (!seen.contains(id)) {
                    throw new ApiException(
                            ErrorCode.INVALID_FIELD,
                            "It depends on job " + id + ", which is not there.",
                            List.of(new ApiException.FieldError("/depends_on", "There is no job " + id)));
                }
            }
            return null;
        });
    }

    /** Whether the job's queue takes it in and could ever start it. */
    private Future<Void> queue(NewJob job) {
        String name = job.scheduling().queue();
        return queues.get(name).compose(found -> {
            if (found.isEmpty()) {
                return Future.failedFuture(new ApiException(
                        ErrorCode.INVALID_FIELD,
                        "There is no queue " + name + ".",
                        List.of(new ApiException.FieldError("/queue", "There is no queue " + name))));
            }
            JobQueueConfig queue = found.get();
            if (queue.state() == QueueSpec.State.DRAIN) {
                return refused(
                        ErrorCode.QUEUE_DRAINS, "The queue " + name + " takes no more jobs; choose another queue.");
            }
            Amounts most =
                    queue.cohort() == null ? queue.nominal() : queue.nominal().plus(queue.borrowing());
            String excess = Amounts.of(atLeast(job), 1).excess(most);
            return excess.isEmpty()
                    ? Future.succeededFuture()
                    : refused(
                            ErrorCode.EXCEEDS_MAX_QUOTA,
                            "The job asks for more " + excess + " than the queue " + name + " may ever use.");
        });
    }
}
