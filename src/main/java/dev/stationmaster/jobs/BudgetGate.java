package dev.stationmaster.jobs;

import dev.stationmaster.costs.CostMessages;
import dev.stationmaster.platform.bus.Bus;
import io.vertx.core.Future;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Knows which budgets have nothing left. A message closes the gate at once; {@link #refresh} opens it again when a limit
 * was raised. Thread-safe.
 */
final class BudgetGate {
    private final Bus bus;
    private volatile Set<String> agents = Set.of();
    private volatile Set<String> users = Set.of();
    private final Set<String> closedSince = ConcurrentHashMap.newKeySet();

    BudgetGate(Bus bus) {
        this.bus = bus;
    }

    void close(String scope, String id) {
        closedSince.add(scope + "/" + id);
    }

    /** Reads the truth. */
    Future<Void> refresh() {
        return bus.request(new CostMessages.FindExhausted()).map(exhausted -> {
            agents = exhausted.agents();
            users = exhausted.users();
            closedSince.clear();
            return null;
        });
    }

    boolean isExhausted(long agentId, UUID userId) {
        String agent = Long.toString(agentId);
        String user = userId.toString();
        return agents.contains(agent)
                || users.contains(user)
                || closedSince.contains("agent/" + agent)
                || closedSince.contains("user/" + user);
    }
}
