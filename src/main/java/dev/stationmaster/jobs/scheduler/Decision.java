package dev.stationmaster.jobs.scheduler;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/**
 * What to do now.
 *
 * @param starts in the order of their rank
 * @param preemptions running jobs that are to make room
 * @param blocked why the first waiting job of a lane does not start
 * @param more true when the bound on one decision or the heads of a lane were used up: decide again
 */
public record Decision(List<Start> starts, List<Preemption> preemptions, Map<Lane.Key, Block> blocked, boolean more) {
    /** @param onWorker replicas by server */
    public record Start(UUID id, Lane.Key lane, Map<String, Integer> onWorker) {
        /** The server, where replicas of one job are not spread. */
        public String worker() {
            return onWorker.keySet().iterator().next();
        }

        public int replicas() {
            return onWorker.values().stream().mapToInt(Integer::intValue).sum();
        }
    }

    /** @param forJob the waiting job that needs the room */
    public record Preemption(UUID victim, UUID forJob) {}

    /** Why a lane waits. */
    public record Block(Reason reason, String message) {}

    /** Stable codes, as in the API. */
    public enum Reason {
        WAITING_FOR_CAPACITY,
        WAITING_FOR_QUOTA,
        WAITING_FOR_QUEUE_QUOTA,
        WAITING_FOR_BUDGET,
        WAITING_FOR_PREEMPTED,
        EXCEEDS_RUNNER_CAPACITY,
        RESERVED_FOR,
        RATE_LIMITED,
        QUEUE_STOPPED,
        BEHIND_FIRST,
        NO_MATCHING_EXECUTOR;

        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Decision {
        starts = List.copyOf(starts);
        preemptions = List.copyOf(preemptions);
        blocked = Map.copyOf(blocked);
    }
}
