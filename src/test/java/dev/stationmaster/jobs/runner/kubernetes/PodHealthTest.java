package dev.stationmaster.jobs.runner.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.jobs.runner.Exit;
import dev.stationmaster.jobs.runner.HealthReport;
import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.runner.RunnerEvents;
import dev.stationmaster.jobs.runner.ServiceSpec;
import dev.stationmaster.jobs.runner.Usage;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class PodHealthTest {
    private final List<HealthReport> told = new ArrayList<>();

    private final RunnerEvents events = new RunnerEvents() {
        @Override
        public Future<Void> lines(List<String> lines) {
            return Future.succeededFuture();
        }

        @Override
        public Future<Void> notes(List<String> lines) {
            return Future.succeededFuture();
        }

        @Override
        public void usage(Usage usage) {
            throw new AssertionError("nothing is measured");
        }

        @Override
        public void health(HealthReport report) {
            told.add(report);
        }

        @Override
        public void exited(Exit exit) {
            throw new AssertionError("it runs");
        }
    };

    private static Launch launch(ServiceSpec service) {
        return new Launch(
                UUID.randomUUID(),
                1,
                1,
                0,
                1,
                "img",
                List.of(),
                Map.of(),
                null,
                Path.of("/data/jobs/f1"),
                Resources.NONE,
                null,
                Duration.ofSeconds(1),
                "{}",
                service);
    }

    private static ServiceSpec service(JsonObject check) {
        return ServiceSpec.of(new JsonObject().put("port", 9000).put("health_check", check));
    }

    private static Pod pod(boolean ready, String ip) {
        return new PodBuilder()
                .withNewStatus()
                .withPodIP(ip)
                .addNewContainerStatus()
                .withName(PodManifest.CONTAINER)
                .withReady(ready)
                .endContainerStatus()
                .endStatus()
                .build();
    }

    @Test
    void the_watch_tells_each_change_once() {
        var health = new PodHealth(launch(service(new JsonObject().put("type", "tcp"))), events);
        health.seen(pod(false, null));
        health.seen(pod(false, "10.0.0.7"));
        health.seen(pod(false, "10.0.0.7"));
        health.seen(pod(true, "10.0.0.7"));
        health.seen(pod(true, "10.0.0.7"));
        health.seen(pod(false, "10.0.0.7"));
        assertThat(told.stream().map(HealthReport::healthy)).containsExactly(null, null, true, false);
        assertThat(told.get(3).address()).isEqualTo("10.0.0.7:9000");
    }

    @Test
    void a_job_that_is_no_service_has_no_health() {
        new PodHealth(launch(null), events).seen(pod(true, "10.0.0.7"));
        assertThat(told).isEmpty();
        assertThat(PodHealth.probe(null)).isEmpty();
        assertThat(PodHealth.probe(service(null))).isEmpty();
    }

    @Test
    void the_probe_is_what_the_check_asks_for() {
        var http = PodHealth.probe(service(new JsonObject()
                        .put("type", "http")
                        .put("path", "/well")
                        .put("interval_seconds", 1.5)
                        .put("failure_threshold", 4)))
                .orElseThrow();
        assertThat(http.getHttpGet().getPath()).isEqualTo("/well");
        assertThat(http.getHttpGet().getPort().getIntVal()).isEqualTo(9000);
        assertThat(http.getPeriodSeconds()).as("whole seconds, rounded up").isEqualTo(2);
        assertThat(http.getFailureThreshold()).isEqualTo(4);
        var tcp = PodHealth.probe(service(new JsonObject().put("type", "tcp"))).orElseThrow();
        assertThat(tcp.getTcpSocket().getPort().getIntVal()).isEqualTo(9000);
        var command = PodHealth.probe(service(new JsonObject()
                        .put("type", "command")
                        .put("command", new JsonArray().add("/bin/check").add("-q"))))
                .orElseThrow();
        assertThat(command.getExec().getCommand()).containsExactly("/bin/check", "-q");
    }
}
