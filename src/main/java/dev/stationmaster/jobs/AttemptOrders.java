package dev.stationmaster.jobs;

import dev.stationmaster.costs.CostMessages.BudgetCrossed;
import dev.stationmaster.costs.CostMessages.Limit;
import dev.stationmaster.jobs.Attempt.StopReason;
import java.util.UUID;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What others want of the attempts on this server: an end, room for somebody else, a halt of spending. */
final class AttemptOrders {
    private static final Logger LOG = LoggerFactory.getLogger(AttemptOrders.class);

    private final WorkerParts parts;
    private final AttemptSupervisor supervisor;

    AttemptOrders(WorkerParts parts, AttemptSupervisor supervisor) {
        this.parts = parts;
        this.supervisor = supervisor;
    }

    void subscribe() {
        var bus = parts.bus();
        bus.on(
                JobMessages.CancelRequested.class,
                m -> with(m.jobId(), m.lease(), attempt -> supervisor.stop(attempt, StopReason.CANCELLED)));
        bus.on(JobMessages.PreemptRequested.class, m -> with(m.jobId(), m.lease(), supervisor::preempt));
        bus.on(BudgetCrossed.class, this::budgetCrossed);
    }

    private void with(UUID jobId, long lease, Consumer<Attempt> order) {
        Attempt attempt = parts.running().get(jobId);
        if (attempt != null && attempt.lease() == lease) {
            order.accept(attempt);
        }
    }

    private void budgetCrossed(BudgetCrossed crossed) {
        Limit limit = crossed.limit();
        for (Attempt attempt : parts.running().all()) {
            Job job = attempt.job;
            boolean hit = BudgetGate.concerns(
                    limit,
                    job.agentId(),
                    job.ownerId(),
                    job.scheduling().queue(),
                    job.resources().gpus());
            if (!hit || job.simulated()) {
                continue;
            }
            if (crossed.percent() < 100) {
                warn(job, crossed);
            } else if (limit.stopsRunning()) {
                supervisor.stop(attempt, StopReason.BUDGET_EXHAUSTED);
            }
        }
        if (crossed.percent() >= 100) {
            parts.budgets().close(limit);
        }
    }

    private void warn(Job job, BudgetCrossed crossed) {
        Limit limit = crossed.limit();
        String which = limit.name() == null ? "of this " + limit.scope() : limit.name();
        String text = job.name() + ": " + crossed.percent() + " % of the budget " + which + " is spent.";
        var now = parts.clock().utc();
        parts.store()
                .addEvent(job.id(), now, "budget_warning", null, text)
                .onFailure(e -> LOG.warn("The warning of job {} is not written: {}", job.id(), e.toString()));
        JobNews.event(parts.bus(), job, now, "budget.warning", text);
    }
}
