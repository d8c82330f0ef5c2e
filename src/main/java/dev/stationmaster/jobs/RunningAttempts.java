package dev.stationmaster.jobs;

import dev.stationmaster.jobs.runner.Resources;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The attempts on this server and what they hold. Bound to the worker's event loop. */
final class RunningAttempts {
    private final Map<UUID, Attempt> byJob = new LinkedHashMap<>();
    private final Map<String, Resources> usedByRunner = new HashMap<>();

    void add(Attempt attempt) {
        Attempt before = byJob.put(attempt.id(), attempt);
        if (before != null) {
            release(before); // its own remove finds it no more
        }
        usedByRunner.merge(attempt.job.runner(), attempt.resources(), Resources::plus);
    }

    void remove(Attempt attempt) {
        if (byJob.remove(attempt.id(), attempt)) {
            release(attempt);
        }
    }

    private void release(Attempt attempt) {
        usedByRunner.computeIfPresent(attempt.job.runner(), (name, used) -> used.minus(attempt.resources()));
    }

    @Nullable
    Attempt get(UUID jobId) {
        return byJob.get(jobId);
    }

    /** A copy: ending attempts changes the set. */
    List<Attempt> all() {
        return new ArrayList<>(byJob.values());
    }

    int size() {
        return byJob.size();
    }

    int sizeOn(String runner) {
        return (int) byJob.values().stream()
                .filter(a -> a.job.runner().equals(runner))
                .count();
    }

    Resources used(String runner) {
        return usedByRunner.getOrDefault(runner, Resources.NONE);
    }
}
