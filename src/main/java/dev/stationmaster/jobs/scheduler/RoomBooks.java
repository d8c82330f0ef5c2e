package dev.stationmaster.jobs.scheduler;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which server has how much room while a decision is made, and for whom it is kept. How many jobs a server runs at once
 * is a matter of all its runners together. Not thread-safe.
 */
final class RoomBooks {
    /** A server's runner in the making of a decision. */
    private static final class Place {
        final Node node;
        Amounts free;
        /** For which job room is kept here, and what others may still take; null: none. */
        @Nullable
        UUID keptFor;

        Amounts beside = Amounts.NONE;
        /** Of the server's jobs at once, what is left when those are kept that another runner of it needs. */
        long slots = Amounts.UNLIMITED;

        Place(Node node) {
            this.node = node;
            this.free = node.free();
        }

        Amounts freeFor(UUID job) {
            Amounts room = keptFor == null || keptFor.equals(job) ? free : free.with(beside, Math::min);
            return withSlots(room);
        }

        Amounts withSlots(Amounts room) {
            return new Amounts(
                    room.cpuMillis(),
                    room.memoryBytes(),
                    room.gpus(),
                    room.storageBytes(),
                    Math.min(room.jobs(), slots));
        }

        void take(Amounts held, UUID job) {
            free = free.minus(held);
            slots = Amounts.subtract(slots, held.jobs());
            if (keptFor != null && !keptFor.equals(job)) {
                beside = beside.minus(held);
            }
        }
    }

    private final Map<String, List<Place>> byRunner = new LinkedHashMap<>();
    private final Map<String, List<Place>> byWorker = new HashMap<>();
    private final Map<String, List<Running>> runningOn = new HashMap<>();
    /** Runners of which places are kept free of everybody else. */
    private final Set<String> draining = new HashSet<>();

    private final Amounts total;
    private final boolean spread;

    RoomBooks(Snapshot snapshot) {
        this.spread = snapshot.rules().spread();
        Amounts sum = Amounts.NONE;
        List<Node> nodes = new ArrayList<>(snapshot.nodes());
        nodes.sort(Comparator.comparing(Node::worker).thenComparing(Node::runner));
        for (Node node : nodes) {
            Place place = new Place(node);
            byRunner.computeIfAbsent(node.runner(), name -> new ArrayList<>()).add(place);
            byWorker.computeIfAbsent(node.worker(), name -> new ArrayList<>()).add(place);
            sum = sum.plus(node.capacity());
        }
        this.total = sum;
        for (Running job : snapshot.running()) {
            for (String worker : job.onWorker().keySet()) {
                runningOn.computeIfAbsent(worker, name -> new ArrayList<>()).add(job);
            }
        }
    }

    /** All there is. */
    Amounts total() {
        return total;
    }

    boolean offers(String runner) {
        return byRunner.containsKey(runner);
    }

    /** Whether the empty machines could hold it. */
    boolean couldEverHold(Lane.Key lane) {
        return enough(lane, places(lane).stream().map(place -> place.node.capacity()));
    }

    /** Whether the fewest replicas that the job starts with fit into these servers, or into one of them. */
    private boolean enough(Lane.Key lane, Stream<Amounts> rooms) {
        var fitting = rooms.mapToInt(room -> howMany(lane, room));
        return (spread ? fitting.sum() : fitting.max().orElse(0)) >= lane.minReplicas();
    }

    /** Replicas by server, at least the fewest that the job starts with; empty when there is no room now. */
    Map<String, Integer> place(Lane.Key lane, UUID job) {
        if (lane.replicas() == 1) {
            return places(lane).stream()
                    .filter(place -> howMany(lane, place.freeFor(job)) > 0)
                    .min(Comparator.comparingDouble((Place p) -> p.free.dominantShare(total))
                            .thenComparing(p -> p.node.worker()))
                    .map(best -> Map.of(best.node.worker(), 1))
                    .orElse(Map.of());
        }
        List<Place> places = new ArrayList<>(places(lane));
        places.sort(Comparator.comparingInt((Place p) -> -howMany(lane, p.freeFor(job)))
                .thenComparing(p -> p.node.worker()));
        Map<String, Integer> placed = new LinkedHashMap<>(); // the same order everywhere: the decision is deterministic
        int left = lane.replicas();
        for (Place place : spread ? places : places.subList(0, Math.min(1, places.size()))) {
            int n = Math.min(left, howMany(lane, place.freeFor(job)));
            if (n > 0) {
                placed.put(place.node.worker(), n);
                left -= n;
            }
        }
        return lane.replicas() - left >= lane.minReplicas() ? placed : Map.of();
    }

    /** For which job the room is kept that this one could take; null when there is none even so. */
    @Nullable
    UUID keptFor(Lane.Key lane) {
        UUID kept = null;
        for (Place place : places(lane)) {
            kept = place.keptFor == null ? kept : place.keptFor;
        }
        return enough(lane, places(lane).stream().map(place -> place.free)) ? kept : null;
    }

    void take(Lane.Key lane, Map<String, Integer> onWorker, UUID job) {
        onWorker.forEach((worker, n) -> {
            for (Place place : byWorker.getOrDefault(worker, List.of())) {
                place.take(of(place, lane.runner(), held(lane, n)), job);
            }
        });
        for (Place place : places(lane)) {
            if (job.equals(place.keptFor)) {
                place.keptFor = null;
            }
        }
    }

    void release(Running job) {
        change(job, 1);
    }

    void takeBack(Running job) {
        change(job, -1);
    }

    private void change(Running job, int sign) {
        for (String worker : job.onWorker().keySet()) {
            Amounts held = job.heldOn(worker).times(sign);
            for (Place place : byWorker.getOrDefault(worker, List.of())) {
                place.free = place.free.plus(of(place, job.lane().runner(), held));
            }
        }
    }

    /**
     * Keeps room for a job that waits: others may start there only beside it. {@code leaving} tells which of the running
     * jobs are expected to be gone by then. False when no place will have the room.
     */
    @CanIgnoreReturnValue
    boolean keep(Lane.Key lane, UUID job, Predicate<Running> leaving) {
        Map<Place, Amounts> after = new LinkedHashMap<>();
        for (Place place : places(lane)) {
            Amounts room = roomAfter(place, leaving);
            after.put(place, place.keptFor == null ? room : room.with(place.beside, Math::min));
        }
        List<Place> places = new ArrayList<>(after.keySet());
        places.sort(Comparator.comparingInt(place -> -howMany(lane, after.getOrDefault(place, Amounts.NONE))));
        return keep(lane, job, places, after, true);
    }

    /**
     * Where jobs came and went past the waiting one for so long that none is expected to leave: keeps everybody else from
     * starting on the smallest servers that could hold it. Always the same ones, or they would never come free; of one
     * job of each runner, because it costs use.
     */
    boolean drain(Lane.Key lane, UUID job) {
        if (draining.contains(lane.runner())) {
            return false;
        }
        Map<Place, Amounts> empty = new LinkedHashMap<>();
        places(lane).stream()
                .filter(place -> place.keptFor == null)
                .sorted(Comparator.comparingDouble(
                                (Place p) -> p.node.capacity().dominantShare(total))
                        .thenComparing(p -> p.node.worker()))
                .forEach(place -> empty.put(place, place.node.capacity()));
        boolean kept = keep(lane, job, new ArrayList<>(empty.keySet()), empty, false);
        if (kept) {
            draining.add(lane.runner());
        }
        return kept;
    }

    private boolean keep(Lane.Key lane, UUID job, List<Place> places, Map<Place, Amounts> room, boolean othersBeside) {
        int left = lane.minReplicas();
        Map<Place, Integer> chosen = new LinkedHashMap<>();
        for (Place place : places) {
            int n = Math.min(left, howMany(lane, room.getOrDefault(place, Amounts.NONE)));
            if (n > 0 && (n == left || spread)) {
                chosen.put(place, n);
                left -= n;
            }
        }
        if (left > 0) {
            return false; // the rest is kept for others already
        }
        chosen.forEach((place, n) -> {
            place.keptFor = place.keptFor == null ? job : place.keptFor;
            Amounts beside = room.getOrDefault(place, Amounts.NONE).minus(held(lane, n));
            place.beside = othersBeside ? beside : Amounts.NONE;
            long slots = Math.max(0, othersBeside ? beside.jobs() : place.free.jobs() - n);
            for (Place other : byWorker.getOrDefault(place.node.worker(), List.of())) {
                other.slots = other == place ? other.slots : Math.min(other.slots, slots);
            }
        });
        return true;
    }

    private Amounts roomAfter(Place place, Predicate<Running> leaving) {
        Amounts room = place.free;
        for (Running job : runningOn.getOrDefault(place.node.worker(), List.of())) {
            if (leaving.test(job)) {
                room = room.plus(of(place, job.lane().runner(), job.heldOn(place.node.worker())));
            }
        }
        return place.withSlots(room);
    }

    /** What of an amount on a server counts for one of its runners. */
    private static Amounts of(Place place, String runner, Amounts held) {
        return place.node.runner().equals(runner) ? held : new Amounts(0, 0, 0, 0, held.jobs());
    }

    private static Amounts held(Lane.Key lane, int replicas) {
        return lane.each().times(replicas).plus(new Amounts(0, 0, 0, 0, replicas));
    }

    private List<Place> places(Lane.Key lane) {
        return byRunner.getOrDefault(lane.runner(), List.of());
    }

    /** How many replicas fit in there. */
    private static int howMany(Lane.Key lane, Amounts room) {
        Amounts each = lane.each();
        long most = Math.min(lane.replicas(), room.jobs());
        most = Math.min(most, times(each.cpuMillis(), room.cpuMillis()));
        most = Math.min(most, times(each.memoryBytes(), room.memoryBytes()));
        most = Math.min(most, times(each.gpus(), room.gpus()));
        most = Math.min(most, times(each.storageBytes(), room.storageBytes()));
        return (int) Math.max(0, most);
    }

    private static long times(long each, long room) {
        return each == 0 ? Long.MAX_VALUE : room / each;
    }
}
