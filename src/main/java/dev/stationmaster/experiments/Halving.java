package dev.stationmaster.experiments;

import dev.stationmaster.experiments.TrialStore.RungReport;
import dev.stationmaster.experiments.search.Asha;
import dev.stationmaster.jobs.JobMessages.CurvePoint;
import dev.stationmaster.jobs.JobMessages.RunFacts;
import dev.stationmaster.jobs.JobMessages.RunValues;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Successive halving of one experiment during one look. What trials reported is kept as rows. */
final class Halving {
    private final UUID experiment;
    private final Asha asha;
    private final List<RungReport> reports;
    private final TrialStore store;

    Halving(UUID experiment, Asha asha, List<RungReport> reports, TrialStore store) {
        this.experiment = experiment;
        this.asha = asha;
        this.reports = new ArrayList<>(reports);
        this.store = store;
    }

    /** @param values null: it reached no further rung */
    Future<?> judge(Trial t, RunFacts run, @Nullable RunValues values) {
        Future<?> done = Future.succeededFuture();
        boolean goesOn = reports.stream().noneMatch(r -> r.trial() == t.number() && !r.promoted());
        if (values != null) {
            List<Long> rungs = asha.rungs();
            for (CurvePoint point : values.atSteps()) {
                int rung = rungs.indexOf(point.step());
                if (!goesOn || reported(t.number(), rung)) {
                    continue;
                }
                goesOn = asha.goesOn(point.value(), others(rung));
                var report = new RungReport(t.number(), rung, point.value(), goesOn);
                reports.add(report);
                done = done.compose(before -> store.addRung(experiment, report));
            }
        }
        Long step = run.step();
        String reason =
                !goesOn ? Ending.EARLY_STOPPED : step != null && step >= asha.maxSteps() ? Ending.MAX_STEPS : null;
        return reason == null || run.finished() ? done : done.compose(before -> store.stopping(t, reason));
    }

    private boolean reported(int trial, int rung) {
        return reports.stream().anyMatch(r -> r.trial() == trial && r.rung() == rung);
    }

    private List<Double> others(int rung) {
        return reports.stream()
                .filter(r -> r.rung() == rung)
                .map(RungReport::value)
                .toList();
    }
}
