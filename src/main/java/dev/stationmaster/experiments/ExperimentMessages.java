package dev.stationmaster.experiments;

import dev.stationmaster.platform.bus.BusMessage;
import dev.stationmaster.platform.bus.LazyJson;
import java.util.UUID;

/** What experiments say to others. */
public interface ExperimentMessages {
    /** An experiment was made or moved; {@code json} is as in GET /experiments. */
    record ExperimentChanged(UUID experimentId, String state, LazyJson json) implements BusMessage {}
}
