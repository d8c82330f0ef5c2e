package dev.stationmaster.jobs;

import dev.stationmaster.jobs.RunTimes.Case;
import dev.stationmaster.jobs.StartEstimate.OfLane;
import dev.stationmaster.jobs.scheduler.Forecast;
import dev.stationmaster.jobs.scheduler.Lane;
import dev.stationmaster.jobs.scheduler.Snapshot;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Foresees when waiting jobs will start, and keeps the books on how right it was. Looks at lanes, so that a queue of a
 * million jobs costs no more than its lanes. Bound to the worker's event loop; the play itself runs on a worker thread.
 */
final class StartForecast {
    private static final int HEADS = 16;
    private static final int MAX_STARTS = 384;
    private static final int MAX_REMEMBERED = 10_000;
    /** Looks and decisions are some seconds apart: nearer than this is right. */
    private static final Duration NEAR = Duration.ofSeconds(5);

    private final WorkerParts parts;
    private final SnapshotReader reader;
    private final RunTimesStore runTimes;
    /** What was told of jobs first. */
    private final Map<UUID, StartEstimate> told = new HashMap<>();

    /** Of the time, at most one part in so many is spent on looking ahead. */
    private static final int REST = 20;

    private boolean looking;
    private long notBefore;
    private boolean empty = true;

    StartForecast(WorkerParts parts, SnapshotReader reader, RunTimesStore runTimes) {
        this.parts = parts;
        this.reader = reader;
        this.runTimes = runTimes;
        this.notBefore = parts.clock().nanos();
    }

    /** One at a time; a call while one is under way, or soon after a long one, does nothing. */
    Future<Void> look() {
        long began = parts.clock().nanos();
        if (looking || began - notBefore < 0) {
            return Future.succeededFuture();
        }
        looking = true;
        return parts.queue().heads(HEADS).compose(this::foresee).onComplete(done -> {
            long took = parts.clock().nanos() - began;
            notBefore = began + took * REST;
            looking = false;
        });
    }

    private Future<Void> foresee(List<Lane> lanes) {
        if (lanes.isEmpty()) {
            boolean cleared = empty;
            empty = true;
            return cleared ? Future.succeededFuture() : parts.queue().estimate(Map.of());
        }
        empty = false;
        return parts.dispatch()
                .reading(tx -> reader.read(tx, lanes))
                .compose(this::play)
                .compose(foreseen -> {
                    remember(lanes, foreseen);
                    Instant now = parts.clock().now();
                    Map<Lane.Key, String> texts = new HashMap<>();
                    foreseen.forEach((lane, starts) -> texts.put(lane, starts.text(now)));
                    return parts.queue().estimate(texts);
                });
    }

    /** Also for a plan, whose job is the last of its lane in the snapshot. */
    Future<Map<Lane.Key, OfLane>> play(Snapshot snapshot) {
        Set<Long> agents = new HashSet<>();
        snapshot.lanes().forEach(lane -> agents.add(lane.key().agentId()));
        snapshot.running().forEach(job -> agents.add(job.lane().agentId()));
        Duration notice = parts.settings().scheduling().preemptNotice();
        return runTimes.of(agents).compose(times -> parts.vertx()
                .executeBlocking(
                        () -> {
                            var early = played(snapshot, times, Case.SHORT, notice);
                            var likely = played(snapshot, times, Case.MEDIAN, notice);
                            var late = played(snapshot, times, Case.LONG, notice);
                            Map<Lane.Key, OfLane> all = new HashMap<>();
                            likely.forEach((lane, starts) -> all.put(
                                    lane,
                                    new OfLane(
                                            early.getOrDefault(lane, List.of()),
                                            starts,
                                            late.getOrDefault(lane, List.of()))));
                            return all;
                        },
                        false));
    }

    private static Map<Lane.Key, List<Instant>> played(
            Snapshot snapshot, RunTimes times, Case assumed, Duration notice) {
        return Forecast.of(snapshot, times.assuming(assumed, snapshot.now()), notice, MAX_STARTS);
    }

    private void remember(List<Lane> lanes, Map<Lane.Key, OfLane> foreseen) {
        Set<UUID> waiting = new HashSet<>();
        lanes.forEach(lane -> lane.heads().forEach(head -> waiting.add(head.id())));
        told.keySet().retainAll(waiting); // cancelled meanwhile, or in another lane
        for (Lane lane : lanes) {
            OfLane starts = foreseen.get(lane.key());
            for (int i = 0; starts != null && i < lane.heads().size() && told.size() < MAX_REMEMBERED; i++) {
                StartEstimate estimate = starts.at(i);
                if (estimate != null) {
                    told.putIfAbsent(lane.heads().get(i).id(), estimate);
                }
            }
        }
    }

    /** The job starts: how far off was what was told of it first? */
    void started(UUID id, Instant at) {
        StartEstimate first = told.remove(id);
        if (first == null) {
            return;
        }
        Instant latest = first.latest();
        String result = at.isBefore(first.earliest().minus(NEAR))
                ? "earlier"
                : latest != null && at.isAfter(latest.plus(NEAR)) ? "later" : "within";
        parts.meters().estimated(Duration.between(first.likely(), at).abs(), result);
    }
}
