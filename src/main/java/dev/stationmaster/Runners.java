package dev.stationmaster;

import dev.stationmaster.jobs.runner.ProcessRunner;
import dev.stationmaster.jobs.runner.ProcessRunnerSettings;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.jobs.runner.SimulationRunner;
import dev.stationmaster.jobs.runner.docker.DockerRunner;
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
        var runners = real(dataDir, worker);
        if (settings.kubernetes().enabled()) {
            runners.add(new KubernetesRunner(vertx, clock, settings.kubernetes(), worker, maxLineBytes));
        }
        runners.add(new SimulationRunner(vertx, settings.simulation()));
        return runners;
    }

    /** Those that run programs on this machine. */
    List<Runner> real(Path dataDir, String worker) {
        var wanted = settings;
        List<String> gpus = ThisMachine.gpus(wanted);
        Resources machine = ThisMachine.capacity(wanted, gpus.size(), dataDir);
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
            runners.add(new DockerRunner(vertx, clock, dataDir, wanted.docker(), worker, maxLineBytes, machine));
        }
        return runners;
    }
}
