package dev.stationmaster.policies;

import dev.stationmaster.agents.AgentMessages;
import dev.stationmaster.agents.AgentMessages.AgentSpec;
import dev.stationmaster.costs.CostMessages;
import dev.stationmaster.jobs.JobMessages;
import dev.stationmaster.jobs.JobMessages.JobFacts;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Gathers what is judged, with all that is known of it, from the features that own it. Stateless. */
final class Subjects {
    private static final double NANOS_PER_DOLLAR = 1e9;
    private static final double SECONDS_PER_HOUR = 3_600;

    /** Which stored things to judge; null means any. */
    record Filter(@Nullable Long agentId, @Nullable String owner, int limit) {}

    private final Bus bus;
    private final Clock clock;
    private final Owners owners;

    Subjects(Bus bus, Clock clock, Owners owners) {
        this.bus = bus;
        this.clock = clock;
        this.owners = owners;
    }

    Future<Subject> agent(AgentSpec agent) {
        OffsetDateTime now = clock.utc();
        return owners.find(agent.ownerId(), agent.owner())
                .map(owner -> new Subject(
                        "agent",
                        agent.id() == 0 ? null : Long.toString(agent.id()),
                        agent.name(),
                        agent.id() == 0 ? null : Long.valueOf(agent.id()),
                        agent.version(),
                        agent.ownerId(),
                        agent.owner(),
                        Facts.size(agent),
                        () -> Facts.ofAgent(agent, owner, now)));
    }

    /** Judged as of the time it was submitted. */
    Future<Subject> job(@Nullable AgentSpec agent, JobFacts job) {
        var owner = owners.find(job.ownerId(), job.owner());
        var cost = maxCost(job);
        return Future.all(owner, cost)
                .map(both -> new Subject(
                        "job",
                        job.id().toString(),
                        job.name(),
                        job.agentId(),
                        job.agentVersion(),
                        job.ownerId(),
                        job.owner(),
                        Facts.size(job) + (agent == null ? 0 : Facts.size(agent)),
                        () -> Facts.ofJob(agent, job, owner.result(), cost.result(), job.createdAt())));
    }

    /** In dollars; null: without a timeout nobody knows. */
    private Future<@Nullable Double> maxCost(JobFacts job) {
        Long seconds = job.timeoutSeconds();
        if (job.simulated() || seconds == null) {
            return Future.succeededFuture(job.simulated() ? Double.valueOf(0) : null);
        }
        return bus.request(new CostMessages.FindHourlyCost(job.cpuMillis(), job.memoryBytes(), job.gpus()))
                .map(hourly -> hourly.nanos() / NANOS_PER_DOLLAR * seconds / SECONDS_PER_HOUR * job.maxAttempts());
    }

    /** Agents as they are now, newest first. */
    Future<List<Subject>> agents(Filter filter) {
        return bus.request(new AgentMessages.FindAgents(filter.agentId(), filter.owner(), filter.limit()))
                .compose(found -> all(found.agents().stream().map(this::agent).toList()));
    }

    /** Jobs with the versions of agents they run, newest first. */
    Future<List<Subject>> jobs(Filter filter, boolean unfinishedOnly) {
        return bus.request(new JobMessages.FindJobs(unfinishedOnly, filter.agentId(), filter.owner(), filter.limit()))
                .compose(found -> {
                    Map<String, Future<AgentMessages.AgentFound>> versions = new HashMap<>();
                    return all(found.jobs().stream()
                            .map(job -> versions.computeIfAbsent(
                                            job.agentId() + "/" + job.agentVersion(),
                                            key -> bus.request(new AgentMessages.FindAgentVersion(
                                                    job.agentId(), job.agentVersion())))
                                    .compose(agent -> job(agent.agent(), job)))
                            .toList());
                });
    }

    private static <T> Future<List<T>> all(List<Future<T>> futures) {
        return Future.all(futures)
                .map(done -> futures.stream().map(Future::result).toList());
    }
}
