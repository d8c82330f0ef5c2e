package dev.stationmaster.agents.deployments;

import dev.stationmaster.platform.config.SettingsReader;
import java.time.Duration;

/**
 * Settings of deployments.
 *
 * @param poll how often the leader looks at every live deployment, whatever it is told in between
 * @param scaling how often it looks at every scaling policy
 */
public record DeploymentsSettings(Duration poll, Duration scaling) {
    public static DeploymentsSettings read(SettingsReader r) {
        return new DeploymentsSettings(
                r.seconds("deployments.poll_seconds", Duration.ofMillis(100), Duration.ofMinutes(1)),
                r.seconds("deployments.scaling_seconds", Duration.ofMillis(100), Duration.ofHours(1)));
    }
}
