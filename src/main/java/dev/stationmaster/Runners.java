package dev.stationmaster;

import dev.stationmaster.jobs.runner.ProcessRunner;
import dev.stationmaster.jobs.runner.ProcessRunnerSettings;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.jobs.runner.SimulationRunner;
import dev.stationmaster.jobs.runner.docker.DockerRunner;
import dev.stationmaster.jobs.runner.gpu.GpuWatch;
import dev.stationmaster.jobs.runner.kubernetes.KubernetesRunner;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Makes the runners that the settings switch on. Blocks for a moment; used while starting. */
final class Runners {
    private final RunnerSettings settings;
    private final int maxLineBytes;
    private final Vertx vertx;
    private final Clock clock;

    Runners(RunnerSettings settings, int maxLineBytes, Vertx vertx, Clock clock) {
        this.settings = settings;
        this.maxLineBytes = maxLineBytes;
        this.vertx = vertx;
        this.clock = clock;
    }

    /** @param worker this server, by the name that it keeps after a restart */
    List<Runner> in(Path dataDir, String worker) {
        var gpus = ThisMachine.gpus(settings);
        gpus.repeat(vertx, settings.gpus().every());
        var runners = real(dataDir, worker, gpus);
        if (settings.kubernetes().enabled()) {
            runners.add(new KubernetesRunner(vertx, clock, settings.kubernetes(), worker, maxLineBytes));
        }
        runners.add(new SimulationRunner(vertx, settings.simulation()));
        return runners;
    }

    /** Those that run programs on this machine. */
    List<Runner> real(Path dataDir, String worker, GpuWatch gpus) {
        var wanted = settings;
        Resources machine = ThisMachine.capacity(wanted, gpus.inService(), dataDir);
        var runners = new ArrayList<Runner>();
        if (wanted.processEnabled()) {
            var defaults = ProcessRunnerSettings.defaults(machine);
            runners.add(new ProcessRunner(
                    vertx,
                    clock,
                    dataDir,
                    new ProcessRunnerSettings(
                            defaults.capacity(),
                            gpus,
                            maxLineBytes,
                            defaults.maxBatchLines(),
                            defaults.sampleEvery(),
                            defaults.drain(),
                            defaults.orphanGrace())));
        }
        if (wanted.docker().enabled()) {
            var own = ThisMachine.engineGpus(wanted);
            own.repeat(vertx, wanted.gpus().every());
            runners.add(new DockerRunner(vertx, clock, dataDir, wanted.docker(), worker, maxLineBytes, machine, own));
        }
        return runners;
    }
}
