package dev.stationmaster.jobs;

import dev.stationmaster.jobs.runner.gpu.GpuDevice;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;

/** Meters of jobs. Agents beyond the first {@value #MAX_AGENTS} share the label {@code other}. Thread-safe. */
final class JobMeters {
    private static final int MAX_AGENTS = 200;
    private static final String OTHER = "other";

    private final MeterRegistry registry;
    private final Timer duration;
    private final Timer wait;
    private final Timer estimateError;
    private final Set<String> agents = ConcurrentHashMap.newKeySet();
    private final Map<String, Counter> counters = new ConcurrentHashMap<>();
    private final Map<String, AtomicReference<Double>> gauges = new ConcurrentHashMap<>();

    JobMeters(MeterRegistry registry) {
        this.registry = registry;
        this.duration = Timer.builder("agent_job_duration")
                .description("How long attempts of jobs ran")
                .serviceLevelObjectives(
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(15),
                        Duration.ofMinutes(1),
                        Duration.ofMinutes(5),
                        Duration.ofMinutes(15),
                        Duration.ofHours(1),
                        Duration.ofHours(4),
                        Duration.ofHours(24))
                .register(registry);
        this.wait = Timer.builder("job_queue_wait")
                .description("How long jobs waited from being queued to being admitted")
                .serviceLevelObjectives(
                        Duration.ofMillis(10),
                        Duration.ofMillis(50),
                        Duration.ofMillis(250),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(10),
                        Duration.ofMinutes(1),
                        Duration.ofMinutes(10),
                        Duration.ofHours(1))
                .register(registry);
        this.estimateError = Timer.builder("job_start_estimate_error")
                .description("How far the first estimated start of jobs was from their start")
                .serviceLevelObjectives(
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(30),
                        Duration.ofMinutes(2),
                        Duration.ofMinutes(10),
                        Duration.ofHours(1))
                .register(registry);
    }

    /**
     * A job started of which it was foreseen when.
     *
     * @param result of its bounds: {@code within}, {@code earlier} or {@code later}
     */
    void estimated(Duration error, String result) {
        estimateError.record(error);
        registry.counter("job_start_estimates", "result", result).increment();
    }

    void submitted(String agent) {
        count(agent, "submitted");
    }

    void finished(String agent, JobState state) {
        count(agent, state.wireName());
    }

    void ran(Duration time) {
        duration.record(time);
    }

    void waited(Duration time) {
        wait.record(time);
    }

    void queueLength(long queued) {
        set("job_queue_length", Tags.empty(), (double) queued);
    }

    /** Null: not known here. */
    void deadLetters(@org.jspecify.annotations.Nullable Long open) {
        set("job_dead_letters", Tags.empty(), open == null ? null : Double.valueOf(open));
    }

    /** Null removes the value: absent is not zero. */
    void agentUsage(String agent, String resource, @org.jspecify.annotations.Nullable Double value) {
        set("agent_resource_usage", Tags.of("agent", label(agent), "resource", resource), value);
    }

    void clusterUsage(String resource, double value) {
        set("cluster_resource_usage", Tags.of("resource", resource), value);
    }

    /** 1 while it is out of service. */
    void gpu(GpuDevice device) {
        set("stationmaster_gpu_out_of_service", Tags.of("gpu", device.id()), device.fault() == null ? 0.0 : 1.0);
    }

    private void count(String agent, String status) {
        String name = label(agent);
        counters.computeIfAbsent(name + "\n" + status, key -> Counter.builder("agent_jobs")
                        .description("Jobs by agent and what became of them")
                        .tag("agent", name)
                        .tag("status", status)
                        .register(registry))
                .increment();
    }

    private void set(String name, Tags tags, @org.jspecify.annotations.Nullable Double value) {
        gauges.computeIfAbsent(name + tags, key -> {
                    var holder = new AtomicReference<>(Double.NaN);
                    Gauge.builder(name, holder, AtomicReference::get).tags(tags).register(registry);
                    return holder;
                })
                .set(value == null ? Double.NaN : value);
    }

    private String label(String agent) {
        if (agents.contains(agent)) {
            return agent;
        }
        if (agents.size() >= MAX_AGENTS) {
            return OTHER;
        }
        agents.add(agent);
        return agent;
    }
}
