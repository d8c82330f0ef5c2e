package dev.stationmaster.jobs.runner.docker;

import dev.stationmaster.jobs.runner.FreePorts;
import dev.stationmaster.jobs.runner.HealthCheck;
import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.RunnerEvents;
import dev.stationmaster.jobs.runner.ServiceSpec;
import dev.stationmaster.jobs.runner.health.Probes;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * Ports and health of the services among the containers. On the host's network each gets a free port of the machine; with
 * an address of its own each has the wished one. Lives on one event loop, but for {@link #withPort}.
 */
final class DockerServices {
    private static final int WORKERS = 4;
    private static final String HOST = "127.0.0.1";

    private final DockerEngine engine;
    private final boolean hostNetwork;
    private final WorkerExecutor worker;
    private final FreePorts ports = new FreePorts();
    private final Probes probes;

    DockerServices(Vertx vertx, DockerEngine engine, DockerSettings settings) {
        this.engine = engine;
        this.hostNetwork = "host".equals(settings.network());
        this.worker = vertx.createSharedWorkerExecutor("docker-health", WORKERS);
        this.probes = new Probes(vertx);
    }

    /** The launch with its port, if it is one of a service. Blocks for a moment. */
    Launch withPort(Object attempt, Launch launch) {
        ServiceSpec service = launch.service();
        if (service == null) {
            return launch;
        }
        int port = hostNetwork ? ports.take(attempt, service.port()) : service.ownPort();
        return launch.with(Probes.env(port));
    }

    /** The container runs. */
    Future<Void> started(Object attempt, Launch launch, String container, RunnerEvents events) {
        ServiceSpec service = launch.service();
        if (service == null) {
            return Future.succeededFuture();
        }
        int port = Integer.parseInt(Objects.requireNonNull(launch.env().get(Probes.PORT)));
        return watch(attempt, launch, container, port, true, events);
    }

    private Future<Void> watch(
            Object attempt, Launch launch, String container, int port, boolean fresh, RunnerEvents events) {
        ServiceSpec service = Objects.requireNonNull(launch.service());
        HealthCheck check = service.check();
        Duration bound = check == null ? Duration.ZERO : check.timeout();
        Future<String> host = hostNetwork
                ? Future.succeededFuture(HOST)
                : worker.executeBlocking(() -> engine.address(container).orElse(HOST), false);
        return host.map(at -> {
            probes.watch(
                    attempt,
                    service,
                    new Probes.At(at, port, fresh),
                    command -> run(container, command, bound),
                    events);
            return null;
        });
    }

    /** The container has run for a while; what was known of its health goes on to hold. */
    Future<Void> adopted(Object attempt, Launch launch, String container, RunnerEvents events) {
        return launch.service() == null
                ? Future.succeededFuture()
                : worker.executeBlocking(() -> engine.env(container, Probes.PORT), false)
                        .compose(found -> {
                            int port = Integer.parseInt(found.orElseThrow());
                            if (hostNetwork) {
                                ports.hold(attempt, port);
                            }
                            return watch(attempt, launch, container, port, false, events);
                        });
    }

    private Future<Integer> run(String container, List<String> command, Duration bound) {
        return worker.executeBlocking(() -> engine.run(container, command, bound), false);
    }

    /** It ends, or was not started. */
    void over(Object attempt) {
        probes.over(attempt);
        ports.giveBack(attempt);
    }

    Future<Void> close() {
        return worker.close();
    }
}
