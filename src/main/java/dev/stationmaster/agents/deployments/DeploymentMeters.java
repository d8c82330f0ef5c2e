package dev.stationmaster.agents.deployments;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.List;

/** Metrics of deployments. The leader's: others show no replicas. Thread-safe. */
final class DeploymentMeters {
    private final MeterRegistry registry;
    private final MultiGauge replicas;

    DeploymentMeters(MeterRegistry registry) {
        this.registry = registry;
        this.replicas = MultiGauge.builder("stationmaster_deployment_replicas")
                .description("Replicas of deployments by state")
                .register(registry);
    }

    void replicas(List<DeploymentStore.Count> counts) {
        replicas.register(
                counts.stream()
                        .map(c -> MultiGauge.Row.of(
                                Tags.of("agent", c.agent(), "state", c.state()), (double) c.replicas()))
                        .toList(),
                true);
    }

    void restarted(long agentId, long times) {
        if (times > 0) {
            Counter.builder("stationmaster_deployment_restarts")
                    .tag("agent_id", Long.toString(agentId))
                    .description("Replicas that were started again")
                    .register(registry)
                    .increment((double) times);
        }
    }
}
