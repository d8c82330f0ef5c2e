package dev.stationmaster.policies;

import dev.stationmaster.policies.PolicyMessages.BrokenPolicy;
import dev.stationmaster.policies.language.Outcome;
import dev.stationmaster.policies.language.PolicyLanguage;
import dev.stationmaster.policies.language.Rule;
import dev.stationmaster.policies.language.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Policies with their compiled rules. Immutable, thread-safe. */
final class PolicyBook {
    static final PolicyBook EMPTY = new PolicyBook(List.of());

    /**
     * A policy for one kind of thing.
     *
     * @param rule null: the stored expression does not fit the present vocabulary
     * @param problem why not
     */
    private record Entry(
            Policy policy,
            Target target,
            @Nullable Rule rule,
            @Nullable String problem) {
        @Nullable
        BrokenPolicy broken(Map<String, Object> facts) {
            Outcome outcome = rule == null ? new Outcome(false, problem) : rule.judge(facts);
            if (outcome.allowed()) {
                return null;
            }
            String why = outcome.undecided();
            String message = policy.draft().message();
            return new BrokenPolicy(
                    policy.id(),
                    policy.name(),
                    policy.draft().mode().wireName(),
                    why == null ? message : message + " (It could not be decided: " + why + ".)");
        }
    }

    private final List<Entry> entries;

    private PolicyBook(List<Entry> entries) {
        this.entries = List.copyOf(entries);
    }

    /** Compiles what {@code before} has not compiled already. Blocking: belongs on a worker thread. */
    static PolicyBook compile(List<Policy> policies, PolicyBook before) {
        var entries = new ArrayList<Entry>();
        for (Policy policy : policies) {
            for (Target target : policy.draft().appliesTo()) {
                entries.add(before.entries.stream()
                        .filter(e -> e.target == target && e.policy.equals(policy))
                        .findFirst()
                        .orElseGet(() -> compile(policy, target)));
            }
        }
        return new PolicyBook(entries);
    }

    private static Entry compile(Policy policy, Target target) {
        var compiled = PolicyLanguage.compile(policy.draft().expression(), target);
        Rule rule = compiled.rule();
        String problem = rule == null ? "its expression has a fault: " + compiled.faults() : null;
        return new Entry(policy, target, rule, problem);
    }

    /** In a few microseconds for each policy. */
    List<BrokenPolicy> judge(Target target, Map<String, Object> facts) {
        var broken = new ArrayList<BrokenPolicy>();
        for (Entry entry : entries) {
            BrokenPolicy found = entry.target == target ? entry.broken(facts) : null;
            if (found != null) {
                broken.add(found);
            }
        }
        return broken;
    }

    int count(Target target) {
        return (int) entries.stream().filter(e -> e.target == target).count();
    }

    /** To see whether two books are the same. */
    Map<UUID, Long> versions() {
        var versions = new HashMap<UUID, Long>();
        entries.forEach(e -> versions.put(e.policy.id(), e.policy.version()));
        return versions;
    }
}
