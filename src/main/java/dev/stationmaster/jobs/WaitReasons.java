package dev.stationmaster.jobs;

import dev.stationmaster.jobs.queue.JobQueue;
import dev.stationmaster.jobs.scheduler.Decision.Block;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Adds to waiting jobs why they wait. The dispatcher says it for whole lanes in Redis, so that a queue of a million jobs
 * costs no more than its lanes; while Redis is away nobody knows.
 */
final class WaitReasons {
    private final JobQueue queue;

    WaitReasons(JobQueue queue) {
        this.queue = queue;
    }

    Future<Job> explained(Job job) {
        return job.state() == JobState.QUEUED
                ? explained(List.of(job)).map(jobs -> jobs.get(0))
                : Future.succeededFuture(job);
    }

    Future<List<Job>> explained(List<Job> jobs) {
        var waiting =
                jobs.stream().filter(job -> job.state() == JobState.QUEUED).toList();
        if (waiting.isEmpty()) {
            return Future.succeededFuture(jobs);
        }
        return queue.explanations(waiting.stream().map(Job::lane).toList())
                .map(blocks -> merged(jobs, waiting, blocks))
                .otherwise(jobs);
    }

    private static List<Job> merged(List<Job> jobs, List<Job> waiting, List<@Nullable Block> blocks) {
        Map<UUID, Block> found = new HashMap<>();
        for (int i = 0; i < waiting.size(); i++) {
            Block block = blocks.get(i);
            if (block != null) {
                found.put(waiting.get(i).id(), block);
            }
        }
        return jobs.stream()
                .map(job -> {
                    Block block = found.get(job.id());
                    return block == null ? job : job.waitingFor(block.reason().wireName(), block.message());
                })
                .toList();
    }
}
