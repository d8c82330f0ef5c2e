package dev.stationmaster.jobs.runner.kubernetes;

import dev.stationmaster.jobs.runner.HealthCheck;
import dev.stationmaster.jobs.runner.HealthReport;
import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.RunnerEvents;
import dev.stationmaster.jobs.runner.ServiceSpec;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The health of a service in a pod: its node looks, by a readiness probe, and the watch tells. Lives on one event loop.
 */
final class PodHealth {
    private final @Nullable ServiceSpec service;
    private final RunnerEvents events;
    private @Nullable HealthReport told;

    PodHealth(Launch launch, RunnerEvents events) {
        this.service = launch.service();
        this.events = events;
    }

    /** Of a pod that runs. */
    void seen(Pod pod) {
        if (service == null) {
            return;
        }
        boolean ready = pod.getStatus().getContainerStatuses().stream()
                .filter(c -> PodManifest.CONTAINER.equals(c.getName()))
                .anyMatch(ContainerStatus::getReady);
        HealthReport before = told;
        boolean wasHealthy = before != null && Boolean.TRUE.equals(before.healthy());
        boolean wasUnhealthy = before != null && Boolean.FALSE.equals(before.healthy());
        Boolean healthy = ready ? Boolean.TRUE : (wasHealthy || wasUnhealthy) ? Boolean.FALSE : null;
        String ip = pod.getStatus().getPodIP();
        var now = new HealthReport(
                healthy,
                ready ? "its readiness probe succeeds" : "its readiness probe has not succeeded",
                ip == null ? null : ip + ":" + service.ownPort());
        if (!now.equals(before)) {
            told = now;
            events.health(now);
        }
    }

    /** What the node is to do; empty where there is nothing to check. */
    static Optional<Probe> probe(@Nullable ServiceSpec service) {
        HealthCheck check = service == null ? null : service.check();
        return service == null || check == null ? Optional.empty() : Optional.of(probe(service.ownPort(), check));
    }

    private static Probe probe(int port, HealthCheck check) {
        var probe = new ProbeBuilder()
                .withPeriodSeconds(seconds(check.interval(), 1))
                .withTimeoutSeconds(seconds(check.timeout(), 1))
                .withFailureThreshold(check.failureThreshold())
                .withSuccessThreshold(check.successThreshold())
                .withInitialDelaySeconds(seconds(check.initialDelay(), 0));
        return switch (check.type()) {
            case HTTP ->
                probe.withNewHttpGet()
                        .withPath(check.path())
                        .withPort(new IntOrString(port))
                        .endHttpGet()
                        .build();
            case TCP ->
                probe.withNewTcpSocket()
                        .withPort(new IntOrString(port))
                        .endTcpSocket()
                        .build();
            case COMMAND ->
                probe.withNewExec().withCommand(check.command()).endExec().build();
        };
    }

    /** Kubernetes counts whole seconds. */
    private static int seconds(Duration time, int least) {
        return (int) Math.max(least, time.plusMillis(999).toSeconds());
    }
}
