package dev.stationmaster;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.runner.docker.DockerSettings;
import dev.stationmaster.jobs.runner.kubernetes.KubernetesSettings;
import dev.stationmaster.platform.config.SettingsReader;
import java.time.Duration;

/** Which runners this server offers and what they hold. Negative: find out from the machine. */
public record RunnerSettings(
        boolean processEnabled,
        long processCpuMillis,
        long processMemoryBytes,
        int processGpus,
        GpuLook gpus,
        Resources simulation,
        DockerSettings docker,
        KubernetesSettings kubernetes) {
    private static final long FIND_OUT = -1;

    /** How GPUs are looked at. */
    public record GpuLook(String program, Duration every) {}

    static RunnerSettings read(SettingsReader r) {
        boolean cpu = r.optional("runners.process_cpu").isPresent();
        boolean memory = r.optional("runners.process_memory").isPresent();
        boolean gpus = r.optional("runners.process_gpus").isPresent();
        return new RunnerSettings(
                r.bool("runners.process_enabled"),
                cpu ? r.quantity("runners.process_cpu").movePointRight(3).longValue() : FIND_OUT,
                memory ? r.quantity("runners.process_memory").longValue() : FIND_OUT,
                gpus ? r.quantity("runners.process_gpus").intValue() : (int) FIND_OUT,
                new GpuLook(
                        r.string("runners.nvidia_smi"),
                        r.seconds("runners.gpu_check_seconds", Duration.ofMillis(100), Duration.ofHours(1))),
                new Resources(
                        r.quantity("runners.simulation_cpu").movePointRight(3).longValue(),
                        r.quantity("runners.simulation_memory").longValue(),
                        r.quantity("runners.simulation_gpus").intValue(),
                        1_000_000_000_000_000L),
                DockerSettings.read(r),
                KubernetesSettings.read(r));
    }
}
