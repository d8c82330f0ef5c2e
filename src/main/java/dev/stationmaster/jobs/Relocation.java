package dev.stationmaster.jobs;

import dev.stationmaster.agents.AgentMessages;
import dev.stationmaster.agents.AgentMessages.AgentSpec;
import dev.stationmaster.jobs.queue.JobQueue;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import io.vertx.core.Future;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves waiting jobs to another runner when nobody offers theirs any more, for agents that leave the choice to us. They go
 * on there from their checkpoints. The leader's work; bound to the worker's event loop.
 */
final class Relocation {
    private static final Logger LOG = LoggerFactory.getLogger(Relocation.class);
    private static final int MOST = 100;

    private final ClusterStore cluster;
    private final RunnerCatalog catalog;
    private final JobQueue queue;
    private final Bus bus;
    private final Clock clock;
    private boolean looking;

    Relocation(ClusterStore cluster, RunnerCatalog catalog, JobQueue queue, Bus bus, Clock clock) {
        this.cluster = cluster;
        this.catalog = catalog;
        this.queue = queue;
        this.bus = bus;
        this.clock = clock;
    }

    Future<Void> look() {
        if (looking) {
            return Future.succeededFuture();
        }
        looking = true;
        return cluster.stranded(SnapshotReader.SEEN, MOST)
                .compose(jobs -> each(jobs, 0))
                .onComplete(done -> looking = false);
    }

    private Future<Void> each(List<Job> jobs, int from) {
        return from == jobs.size()
                ? Future.succeededFuture()
                : look(jobs.get(from)).transform(done -> {
                    if (done.failed()) {
                        LOG.warn(
                                "Job {} is not moved: {}",
                                jobs.get(from).id(),
                                done.cause().toString());
                    }
                    return each(jobs, from + 1);
                });
    }

    private Future<Void> look(Job job) {
        return bus.request(new AgentMessages.FindAgentVersion(job.agentId(), job.agentVersion()))
                .compose(found -> {
                    AgentSpec agent = found.agent();
                    String runner = agent == null ? job.runner() : chosen(agent, job);
                    return runner.equals(job.runner()) ? Future.succeededFuture() : move(job, runner);
                });
    }

    /** The same where the agent names its runner, or nothing that is there fits. */
    private String chosen(AgentSpec agent, Job job) {
        if (agent.runner() != null && !Placement.ANY.equals(agent.runner())) {
            return job.runner();
        }
        try {
            return catalog.present()
                    .choose(agent, job.resources(), job.scheduling().minReplicas())
                    .name();
        } catch (ApiException nothingFits) {
            return job.runner();
        }
    }

    private Future<Void> move(Job job, String runner) {
        String why = "Nobody offers the runner " + job.runner() + " any more; it goes on by " + runner + ".";
        return cluster.move(job, runner, why, clock.utc()).compose(moved -> {
            if (moved.isEmpty()) {
                return Future.succeededFuture();
            }
            LOG.info("Job {} moves from {} to {}", job.id(), job.runner(), runner);
            JobNews.changed(bus, moved.get());
            return queue.done(List.of(job.id()))
                    .compose(done -> queue.enqueue(List.of(moved.get().queued())))
                    .mapEmpty();
        });
    }
}
