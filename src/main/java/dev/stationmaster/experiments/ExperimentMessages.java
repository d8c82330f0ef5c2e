package dev.stationmaster.experiments;

import dev.stationmaster.platform.bus.BusMessage;
import dev.stationmaster.platform.bus.LazyJson;
import dev.stationmaster.platform.bus.Request;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What experiments say to others. */
public interface ExperimentMessages {
    /** An experiment was made or moved; {@code json} is as in GET /experiments, without what comes of its trials. */
    record ExperimentChanged(UUID experimentId, String state, LazyJson json) implements BusMessage {}

    /** Its trials moved; {@code json} has what GET /experiments says of them: trials, best, verdict, metric and cost. */
    record ExperimentProgress(UUID experimentId, LazyJson json) implements BusMessage {}

    /** What a watcher begins with: one experiment, or with null the newest ones. */
    record FindExperiments(@Nullable UUID experimentId) implements Request<ExperimentsFound> {}

    /** Answers {@link FindExperiments} with {@code {"experiment": …}} or {@code {"items": […]}}. */
    record ExperimentsFound(String json) implements BusMessage {}
}
