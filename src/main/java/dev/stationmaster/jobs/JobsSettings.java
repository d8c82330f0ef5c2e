package dev.stationmaster.jobs;

import dev.stationmaster.platform.config.SettingsReader;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;

/** Settings of jobs. */
public record JobsSettings(
        Path dataDir,
        long maxCpuMillisPerJob,
        long defaultCpuMillis,
        long defaultMemoryBytes,
        int maxRunning,
        Duration lease,
        int maxLostLeases,
        Duration retryFirst,
        Duration retryMax,
        Duration grace,
        Duration stop,
        Duration charge,
        long maxLogBytes,
        int maxLineBytes,
        int maxMetricNames,
        Duration reconcile,
        Duration retention,
        ImageAgents imageAgents,
        SchedulingSettings scheduling) {

    /** What to do with agents that only have an image, while no container runner is there. */
    public enum ImageAgents {
        REFUSE,
        SIMULATE
    }

    /** What a remote worker is told of the server. */
    JsonObject workerTerms(long maxBodyBytes) {
        return new JsonObject()
                .put("lease_seconds", lease.toMillis() / 1000.0)
                .put("grace_seconds", grace.toMillis() / 1000.0)
                .put("preempt_notice_seconds", scheduling.preemptNotice().toMillis() / 1000.0)
                .put("max_line_bytes", maxLineBytes)
                .put("max_body_bytes", maxBodyBytes);
    }

    public static JobsSettings read(SettingsReader r) {
        return new JobsSettings(
                r.path("data_dir"),
                r.quantity("jobs.max_cpu_per_job").movePointRight(3).longValue(),
                r.quantity("jobs.default_cpu").movePointRight(3).longValue(),
                r.bytes("jobs.default_memory", 1 << 20, 1L << 50),
                r.integer("jobs.max_running", 1, 10_000),
                r.seconds("jobs.lease_seconds", Duration.ofSeconds(1), Duration.ofHours(1)),
                r.integer("jobs.max_lost_leases", 0, 1000),
                r.seconds("jobs.retry_first_seconds", Duration.ofMillis(10), Duration.ofHours(1)),
                r.seconds("jobs.retry_max_seconds", Duration.ofMillis(10), Duration.ofDays(1)),
                r.seconds("jobs.grace_seconds", Duration.ofMillis(100), Duration.ofHours(1)),
                r.seconds("jobs.stop_seconds", Duration.ofMillis(100), Duration.ofHours(1)),
                r.seconds("jobs.charge_seconds", Duration.ofMillis(50), Duration.ofHours(1)),
                r.bytes("jobs.max_log_bytes", 1024, 1L << 40),
                (int) r.bytes("jobs.max_line_bytes", 256, 1 << 20),
                r.integer("jobs.max_metric_names", 1, 10_000),
                r.seconds("jobs.reconcile_seconds", Duration.ofMillis(100), Duration.ofHours(1)),
                Duration.ofDays(r.integer("jobs.retention_days", 1, 36_500)),
                r.choice("runners.image_agents", ImageAgents.class),
                SchedulingSettings.read(r));
    }
}
