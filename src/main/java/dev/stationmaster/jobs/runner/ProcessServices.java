package dev.stationmaster.jobs.runner;

import dev.stationmaster.jobs.runner.health.Probes;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Ports and health of the services among the processes. Lives on one event loop, but for {@link #withPort}. */
final class ProcessServices {
    private static final String HOST = "127.0.0.1";

    private final WorkerExecutor worker;
    private final ProcessLauncher launcher;
    private final FreePorts ports = new FreePorts();
    private final Probes probes;

    ProcessServices(Vertx vertx, WorkerExecutor worker, ProcessLauncher launcher) {
        this.worker = worker;
        this.launcher = launcher;
        this.probes = new Probes(vertx);
    }

    /** The launch with a port of its own, if it is one of a service. Blocks for a moment. */
    Launch withPort(Object attempt, Launch launch) {
        ServiceSpec service = launch.service();
        return service == null ? launch : launch.with(Probes.env(ports.take(attempt, service.port())));
    }

    /** The program runs. */
    void started(Object attempt, Launch launch, RunnerEvents events) {
        ServiceSpec service = launch.service();
        if (service != null) {
            int port = Integer.parseInt(Objects.requireNonNull(launch.env().get(Probes.PORT)));
            probes.watch(attempt, service, new Probes.At(HOST, port, true), command -> run(launch, command), events);
        }
    }

    /** It ends, or was not started. */
    void over(Object attempt) {
        probes.over(attempt);
        ports.giveBack(attempt);
    }

    private Future<Integer> run(Launch launch, List<String> command) {
        var context = Objects.requireNonNull(Vertx.currentContext());
        return worker.executeBlocking(() -> launcher.beside(launch, command), false)
                .compose(process -> ended(process, launch, context));
    }

    /** A command that takes too long is ended, so that none pile up. */
    private static Future<Integer> ended(Process process, Launch launch, Context context) {
        HealthCheck check =
                Objects.requireNonNull(Objects.requireNonNull(launch.service()).check());
        return Future.fromCompletionStage(process.onExit(), context)
                .timeout(check.timeout().toMillis(), TimeUnit.MILLISECONDS)
                .map(Process::exitValue)
                .onFailure(late -> {
                    process.descendants().forEach(ProcessHandle::destroyForcibly);
                    process.destroyForcibly();
                });
    }
}
