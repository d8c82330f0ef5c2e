package dev.stationmaster.agents.deployments;

import dev.stationmaster.agents.deployments.Autoscaler.Measured;
import dev.stationmaster.jobs.JobMessages.PlanJob;
import dev.stationmaster.jobs.ServiceMessages.FindQueueLength;
import dev.stationmaster.jobs.ServiceMessages.ServiceFacts;
import dev.stationmaster.platform.bus.Bus;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Measures what policies scale by. */
final class Measurements {
    /** What a replica reported longer ago says nothing of now. */
    static final Duration FRESH = Duration.ofMinutes(1);

    private static final double PERCENT = 100;

    private final Services services;
    private final Bus bus;

    Measurements(Services services, Bus bus) {
        this.services = services;
        this.bus = bus;
    }

    /** @param jobs of the agent's replicas */
    Future<Measured> of(
            ScalingPolicy p, Deployment d, List<Replica> replicas, Map<UUID, ServiceFacts> jobs, OffsetDateTime now) {
        return switch (p.metric()) {
            case QUEUE_LENGTH ->
                bus.request(new FindQueueLength(p.spec().getString("queue")))
                        .map(length -> Measured.total((double) length.waiting(), p.target()));
            case CPU ->
                Future.succeededFuture(average(
                        healthy(replicas).stream()
                                .map(jobs::get)
                                .map(Measurements::cpuPercent)
                                .filter(Objects::nonNull)
                                .toList(),
                        p,
                        d));
            case GPU -> Future.succeededFuture(Measured.NOTHING);
            case CUSTOM ->
                services.values(healthy(replicas), p.spec().getString("metric_name"), now.minus(FRESH))
                        .map(values -> average(values.values(), p, d));
        };
    }

    private static List<UUID> healthy(List<Replica> replicas) {
        return replicas.stream()
                .filter(Rollout::healthy)
                .map(Replica::jobId)
                .filter(Objects::nonNull)
                .toList();
    }

    private static @Nullable Double cpuPercent(@Nullable ServiceFacts job) {
        Double cores = job == null ? null : job.cpuCores();
        return job == null || cores == null || job.cpuMillis() == 0
                ? null
                : Double.valueOf(cores * 1_000 / job.cpuMillis() * PERCENT);
    }

    private static Measured average(Collection<Double> values, ScalingPolicy p, Deployment d) {
        OptionalDouble mean = values.stream().mapToDouble(Double::doubleValue).average();
        return mean.isEmpty() ? Measured.NOTHING : Measured.average(mean.getAsDouble(), d.replicas(), p.target());
    }

    /** What one more replica would wait for: {@code budget} or {@code quota}; null: for neither, as far as is known. */
    Future<@Nullable String> obstacle(Deployment d, Revision target, Map<UUID, ServiceFacts> jobs) {
        ServiceFacts like = jobs.values().stream().findFirst().orElse(null);
        if (like == null) {
            return Future.succeededFuture(null);
        }
        return bus.request(new PlanJob(
                        target.spec().queue(),
                        d.ownerId(),
                        d.agentId(),
                        like.runner(),
                        target.spec().priority(),
                        like.cpuMillis(),
                        like.memoryLimitBytes(),
                        like.gpus(),
                        like.storageBytes(),
                        1,
                        1))
                .map(plan -> switch (String.valueOf(plan.reason())) {
                    case "waiting_for_budget" -> "budget";
                    case "waiting_for_quota", "waiting_for_queue_quota" -> "quota";
                    default -> null;
                });
    }
}
