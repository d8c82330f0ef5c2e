package dev.stationmaster.jobs;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Names in an order in which each comes after all that it depends on, or why there is none. Kahn's algorithm: whoever waits
 * for nobody any more is next, in the order given; those that are left in the end wait for each other.
 *
 * @param order empty where there is a cycle
 * @param cycle a name, what it depends on, what that depends on, and so on, back to the first; else empty
 */
record TopologicalOrder(List<String> order, List<String> cycle) {
    TopologicalOrder {
        order = List.copyOf(order);
        cycle = List.copyOf(cycle);
    }

    /** @param dependsOn by name; each name in it must have an entry */
    static TopologicalOrder of(Map<String, ? extends Collection<String>> dependsOn) {
        Map<String, Set<String>> waitsFor = new LinkedHashMap<>();
        Map<String, List<String>> awaitedBy = new LinkedHashMap<>();
        dependsOn.keySet().forEach(name -> awaitedBy.put(name, new ArrayList<>()));
        dependsOn.forEach((name, others) -> {
            Set<String> distinct = new LinkedHashSet<>(others);
            waitsFor.put(name, distinct);
            for (String other : distinct) {
                List<String> waiting = awaitedBy.get(other);
                if (waiting == null) {
                    throw new IllegalArgumentException(name + " depends on " + other + ", which has no entry");
                }
                waiting.add(name);
            }
        });
        var ready = new ArrayDeque<String>();
        waitsFor.forEach((name, others) -> {
            if (others.isEmpty()) {
                ready.add(name);
            }
        });
        var order = new ArrayList<String>(dependsOn.size());
        for (String next = ready.poll(); next != null; next = ready.poll()) {
            order.add(next);
            waitsFor.remove(next);
            for (String waiting : awaitedBy.getOrDefault(next, List.of())) {
                Set<String> left = waitsFor.getOrDefault(waiting, Set.of());
                left.remove(next);
                if (left.isEmpty()) {
                    ready.add(waiting);
                }
            }
        }
        return waitsFor.isEmpty()
                ? new TopologicalOrder(order, List.of())
                : new TopologicalOrder(List.of(), cycle(waitsFor));
    }

    /** Everybody who is left waits for somebody who is left: whoever goes on from one to the next meets one again. */
    private static List<String> cycle(Map<String, Set<String>> waitsFor) {
        var path = new LinkedHashSet<String>();
        String at = waitsFor.keySet().iterator().next();
        while (path.add(at)) {
            at = waitsFor.getOrDefault(at, Set.of()).iterator().next();
        }
        var all = new ArrayList<>(path);
        var cycle = new ArrayList<>(all.subList(all.indexOf(at), all.size()));
        cycle.add(at);
        return cycle;
    }
}
