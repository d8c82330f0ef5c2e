package dev.stationmaster.experiments;

import dev.stationmaster.platform.db.AuditEntry;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Keeps the checkpoints of the best or the last finished trials and has the others deleted. */
final class CheckpointPolicy {
    /** At one look; the rest follows at the next. */
    private static final int MAX_AT_ONCE = 100;

    private final TrialStore store;
    private final Runs runs;

    CheckpointPolicy(TrialStore store, Runs runs) {
        this.store = store;
        this.runs = runs;
    }

    Future<?> apply(Experiment e, List<Trial> all) {
        List<UUID> gone = superfluous(e, all);
        if (gone.isEmpty()) {
            return Future.succeededFuture();
        }
        return runs.deleteCheckpoints(gone)
                .compose(deleted -> deleted.isEmpty()
                        ? Future.succeededFuture()
                        : store.checkpointsDeleted(e.id(), deleted, entry(e, deleted)));
    }

    /** Jobs of finished trials that are not among the first {@code count}; what is out of them once stays out. */
    static List<UUID> superfluous(Experiment e, List<Trial> all) {
        Plan.Checkpoints policy = e.plan().checkpoints();
        if ("all".equals(policy.keep())) {
            return List.of();
        }
        Comparator<Trial> order = "best".equals(policy.keep()) ? best(e) : latest();
        List<Trial> finished = all.stream()
                .filter(t -> t.state().isFinal() && t.jobId() != null)
                .sorted(order)
                .toList();
        Set<Integer> kept = new HashSet<>();
        finished.stream().limit(policy.count()).forEach(t -> kept.add(t.number()));
        return finished.stream()
                .filter(t -> !kept.contains(t.number()) && !t.checkpointsDeleted())
                .limit(MAX_AT_ONCE)
                .map(Trial::jobId)
                .map(UUID.class::cast)
                .toList();
    }

    /** Trials without a value come last. */
    static Comparator<Trial> best(Experiment e) {
        return (a, b) -> {
            Double x = a.value();
            Double y = b.value();
            if (x == null || y == null || x.equals(y)) {
                return Boolean.compare(x == null, y == null) != 0
                        ? Boolean.compare(x == null, y == null)
                        : Integer.compare(a.number(), b.number());
            }
            return e.plan().objective(a.variant()).better(x, y) ? -1 : 1;
        };
    }

    private static Comparator<Trial> latest() {
        return Comparator.comparing(Trial::finishedAt, Comparator.nullsFirst(Comparator.naturalOrder()))
                .thenComparing(Trial::number)
                .reversed();
    }

    private static AuditEntry entry(Experiment e, List<UUID> deleted) {
        var jobs = new JsonArray();
        deleted.forEach(id -> jobs.add(id.toString()));
        return new AuditEntry(
                Runs.actor(e),
                "experiment.checkpoints_deleted",
                "experiment/" + e.id(),
                null,
                new JsonObject().put("jobs", jobs).encode(),
                null);
    }
}
