package dev.stationmaster.jobs;

import dev.stationmaster.costs.CostMessages;
import dev.stationmaster.costs.CostMessages.Limit;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.Future;
import java.time.OffsetDateTime;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Knows which budgets have nothing left. A message closes the gate at once; {@link #refresh} opens it again when a limit
 * was raised, and the end of a period opens it by itself. Thread-safe.
 */
final class BudgetGate {
    private final Bus bus;
    private final Clock clock;
    private volatile Set<Limit> spent = Set.of();
    /** Those that an answer under way may not know of yet. */
    private final Set<Limit> closedMeanwhile = new HashSet<>();

    BudgetGate(Bus bus, Clock clock) {
        this.bus = bus;
        this.clock = clock;
    }

    synchronized void close(Limit limit) {
        closedMeanwhile.add(limit);
        open(Set.of(limit), spent);
    }

    private void open(Set<Limit> some, Set<Limit> others) {
        var all = new HashSet<>(some);
        all.addAll(others);
        spent = Set.copyOf(all);
    }

    /** Reads the truth. */
    Future<Void> refresh() {
        synchronized (this) {
            closedMeanwhile.clear();
        }
        return bus.request(new CostMessages.FindExhausted()).map(exhausted -> {
            synchronized (this) {
                open(Set.copyOf(exhausted.limits()), closedMeanwhile);
            }
            return null;
        });
    }

    /** The spent limit that keeps such a job from starting; of several the one that lasts longest. */
    Optional<Limit> holds(long agentId, UUID ownerId, String queue, int gpus) {
        return spent.isEmpty()
                ? Optional.empty()
                : holding(agentId, ownerId, queue, gpus).max(BudgetGate.BY_END);
    }

    /** The spent limit for which such a job is not even taken to wait. */
    Optional<Limit> refuses(long agentId, UUID ownerId, String queue, int gpus) {
        return spent.isEmpty()
                ? Optional.empty()
                : holding(agentId, ownerId, queue, gpus)
                        .filter(Limit::refusesNew)
                        .max(BudgetGate.BY_END);
    }

    private static final Comparator<Limit> BY_END =
            Comparator.comparing(Limit::resetsAt, Comparator.nullsLast(Comparator.naturalOrder()));

    private Stream<Limit> holding(long agentId, UUID ownerId, String queue, int gpus) {
        OffsetDateTime now = clock.utc();
        return spent.stream()
                .filter(limit -> concerns(limit, agentId, ownerId, queue, gpus))
                .filter(limit -> limit.resetsAt() == null || limit.resetsAt().isAfter(now));
    }

    static boolean concerns(Limit limit, long agentId, UUID ownerId, String queue, int gpus) {
        if (limit.gpusOnly() && gpus == 0) {
            return false;
        }
        return switch (limit.scope()) {
            case "agent" -> limit.id().equals(Long.toString(agentId));
            case "user" -> limit.id().equals(ownerId.toString());
            case "queue" -> limit.id().equals(queue);
            default -> true;
        };
    }

    /** For who waits. */
    static String sentence(Limit limit) {
        return limit.resetsAt() == null
                ? "The budget is spent; raise it to go on."
                : "The budget " + limit.name() + " is spent; it resets at " + Times.iso(limit.resetsAt()) + ".";
    }
}
