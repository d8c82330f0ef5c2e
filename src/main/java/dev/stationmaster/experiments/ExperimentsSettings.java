package dev.stationmaster.experiments;

import dev.stationmaster.platform.config.SettingsReader;
import java.time.Duration;

/** @param poll how often the leader looks at every unfinished experiment, whatever it is told in between */
public record ExperimentsSettings(Duration poll) {
    public static ExperimentsSettings read(SettingsReader r) {
        return new ExperimentsSettings(
                r.seconds("experiments.poll_seconds", Duration.ofMillis(100), Duration.ofMinutes(10)));
    }
}
