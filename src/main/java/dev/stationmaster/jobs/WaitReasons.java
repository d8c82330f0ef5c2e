package dev.stationmaster.jobs;

import dev.stationmaster.jobs.StartEstimate.OfLane;
import dev.stationmaster.jobs.queue.JobQueue;
import dev.stationmaster.jobs.scheduler.Decision.Block;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Adds to waiting jobs why they wait, and when they will start. The dispatcher says it for whole lanes in Redis, so that a queue of a million jobs
 * costs no more than its lanes; while Redis is away nobody knows.
 */
final class WaitReasons {
    /** A forecast that was not made again for so long is worth nothing. */
    private static final Duration STALE = Duration.ofSeconds(60);

    private final JobQueue queue;
    private final Clock clock;

    WaitReasons(JobQueue queue, Clock clock) {
        this.queue = queue;
        this.clock = clock;
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

    /** When those of them will start that wait, as far as that is foreseen. */
    Future<Map<UUID, StartEstimate>> estimates(List<Job> jobs) {
        var waiting =
                jobs.stream().filter(job -> job.state() == JobState.QUEUED).toList();
        if (waiting.isEmpty()) {
            return Future.succeededFuture(Map.of());
        }
        Instant oldest = clock.now().minus(STALE);
        return queue.foreseen(waiting.stream().map(Job::queued).toList())
                .map(found -> {
                    Map<UUID, StartEstimate> estimates = new HashMap<>();
                    for (int i = 0; i < waiting.size(); i++) {
                        JobQueue.Foreseen foreseen = found.get(i);
                        OfLane lane = foreseen == null ? null : OfLane.parse(foreseen.text(), oldest);
                        StartEstimate estimate = lane == null ? null : lane.at(foreseen.place());
                        if (estimate != null) {
                            estimates.put(waiting.get(i).id(), estimate);
                        }
                    }
                    return estimates;
                })
                .otherwise(Map.of());
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
