package dev.stationmaster.jobs.scheduler;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * When waiting jobs will start if nothing new is submitted and every job runs as long as expected: the scheduler itself
 * played forward from end to end. What it leaves out: decay of recent use, rate limits that recover, budgets that are
 * renewed, and victims that come back. Pure; one use; not thread-safe.
 */
public final class Forecast {
    private static final int HEADS = 16;
    /** So many looks at a lane, about 5 us each, bound the work where there are thousands of lanes. */
    private static final long MAX_LOOKS = 40_000;

    /** How long jobs run; null: nobody knows, so what waits for their end is unknown too. */
    public interface RunTimes {
        @Nullable
        Duration of(Lane.Key lane);

        /** What is left of a running one, from the time of the snapshot. */
        @Nullable
        Duration left(Running job);
    }

    private record End(Instant at, UUID id) {}

    /** A lane while it is played: jobs behind the known heads are as old as the last of these. */
    private static final class Line {
        final Lane lane;
        final List<Instant> starts = new ArrayList<>();

        Line(Lane lane) {
            this.lane = lane;
        }

        @Nullable
        Lane rest() {
            long left = lane.length() - starts.size();
            if (left <= 0) {
                return null;
            }
            List<Lane.Head> known = lane.heads();
            List<Lane.Head> heads = new ArrayList<>();
            for (int i = starts.size(); i < starts.size() + Math.min(left, HEADS); i++) {
                Lane.Head last = known.get(known.size() - 1);
                heads.add(i < known.size() ? known.get(i) : new Lane.Head(behind(last.id(), i), last.queuedAt()));
            }
            return new Lane(lane.key(), heads, left, lane.held());
        }

        /** Stands for a job that was not read. */
        private static UUID behind(UUID last, int place) {
            return new UUID(last.getMostSignificantBits() + place, ~last.getLeastSignificantBits());
        }
    }

    private final Snapshot snapshot;
    private final RunTimes runTimes;
    private final Duration notice;
    private final int maxStarts;
    private final Map<Lane.Key, Line> lines = new LinkedHashMap<>();
    private final Map<UUID, Running> running = new LinkedHashMap<>();
    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private final Map<String, Long> startsByQueue = new HashMap<>();
    private final PriorityQueue<End> ends = new PriorityQueue<>((a, b) -> a.at().compareTo(b.at()));
    private Instant now;
    private int started;
    private long looks;

    private Forecast(Snapshot snapshot, RunTimes runTimes, Duration notice, int maxStarts) {
        this.snapshot = snapshot;
        this.runTimes = runTimes;
        this.notice = notice;
        this.maxStarts = maxStarts;
        this.now = snapshot.now();
        snapshot.lanes().stream()
                .filter(lane -> !lane.heads().isEmpty())
                .forEach(lane -> lines.put(lane.key(), new Line(lane)));
        snapshot.nodes().forEach(node -> nodes.put(node.worker() + '/' + node.runner(), node));
        snapshot.running().forEach(job -> {
            running.put(job.id(), job);
            ends(job, job.preemptedFor() == null ? runTimes.left(job) : notice);
        });
    }

    /**
     * The starts of each lane in the order of its jobs, as far as they could be foreseen.
     *
     * @param notice how long a victim takes to leave
     * @param maxStarts bounds the work: so many starts in all
     */
    public static Map<Lane.Key, List<Instant>> of(
            Snapshot snapshot, RunTimes runTimes, Duration notice, int maxStarts) {
        var forecast = new Forecast(snapshot, runTimes, notice, maxStarts);
        boolean more = true;
        while (more) {
            more = forecast.decide() || forecast.passTime();
        }
        Map<Lane.Key, List<Instant>> starts = new HashMap<>();
        forecast.lines.forEach((key, line) -> starts.put(key, List.copyOf(line.starts)));
        return starts;
    }

    /** Whether anything changed. */
    private boolean decide() {
        List<Lane> lanes = new ArrayList<>();
        for (Line line : lines.values()) {
            Lane rest = line.rest();
            if (rest != null) {
                lanes.add(rest);
            }
        }
        looks += lanes.size();
        if (lanes.isEmpty() || started >= maxStarts || looks > MAX_LOOKS) {
            ends.clear();
            return false;
        }
        Decision decision = Scheduler.decide(new Snapshot(
                now,
                snapshot.rules(),
                List.copyOf(nodes.values()),
                queues(),
                snapshot.owners(),
                lanes,
                List.copyOf(running.values())));
        decision.starts().forEach(this::start);
        decision.preemptions().forEach(this::preempt);
        return decision.more() && !decision.starts().isEmpty();
    }

    private Map<String, QueueSpec> queues() {
        Map<String, QueueSpec> left = new HashMap<>(snapshot.queues());
        startsByQueue.forEach((name, n) -> left.computeIfPresent(name, (same, queue) -> queue.afterStarts(n)));
        return left;
    }

    private void start(Decision.Start start) {
        Line line = lines.get(start.lane());
        if (line == null) {
            return;
        }
        line.starts.add(now);
        started++;
        startsByQueue.merge(start.lane().queue(), 1L, Long::sum);
        var job = new Running(start.id(), start.lane(), start.onWorker(), now, false, Duration.ZERO, null);
        running.put(job.id(), job);
        hold(job, 1);
        ends(job, runTimes.of(start.lane()));
    }

    private void preempt(Decision.Preemption p) {
        Running victim = running.get(p.victim());
        if (victim != null) {
            running.put(
                    p.victim(),
                    new Running(
                            victim.id(),
                            victim.lane(),
                            victim.onWorker(),
                            victim.startedAt(),
                            victim.preemptible(),
                            victim.minRuntime(),
                            p.forJob()));
            ends(victim, notice);
        }
    }

    private void ends(Running job, @Nullable Duration after) {
        if (after != null) {
            ends.add(new End(now.plus(after), job.id()));
        }
    }

    /** Goes on to the next end; false when there is none. */
    @CanIgnoreReturnValue
    private boolean passTime() {
        if (ends.isEmpty()) {
            return false;
        }
        now = ends.element().at();
        while (!ends.isEmpty() && !ends.element().at().isAfter(now)) {
            Running gone = running.remove(ends.remove().id());
            if (gone != null) { // a victim may have ended before its notice was over
                hold(gone, -1);
            }
        }
        return true;
    }

    private void hold(Running job, int sign) {
        nodes.replaceAll((name, node) -> {
            if (!job.onWorker().containsKey(node.worker())) {
                return node;
            }
            Amounts held = job.heldOn(node.worker()).times(sign);
            Amounts here = node.runner().equals(job.lane().runner()) ? held : new Amounts(0, 0, 0, 0, held.jobs());
            return new Node(
                    node.worker(), node.runner(), node.capacity(), node.free().minus(here));
        });
    }
}
