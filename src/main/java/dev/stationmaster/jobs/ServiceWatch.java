package dev.stationmaster.jobs;

import dev.stationmaster.jobs.runner.HealthReport;
import dev.stationmaster.jobs.runner.Usage;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes down what runners see of services, so that whoever leads knows it. Bound to the worker's event loop. */
final class ServiceWatch {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceWatch.class);
    private static final Duration USAGE_EVERY = Duration.ofSeconds(5);

    private final Vertx vertx;
    private final Clock clock;
    private final Bus bus;
    private final ServiceStore store;
    /** When the usage of each service that runs here was written last, by {@code Clock.nanos}. */
    private final Map<UUID, Long> usageAt = new HashMap<>();
    /** The newest report of each service one of whose reports is being written. */
    private final Map<UUID, HealthReport> latest = new HashMap<>();

    ServiceWatch(Vertx vertx, Clock clock, Bus bus, ServiceStore store) {
        this.vertx = vertx;
        this.clock = clock;
        this.bus = bus;
        this.store = store;
    }

    void health(Attempt attempt, HealthReport report) {
        boolean writing = latest.put(attempt.id(), report) != null;
        if (!writing) {
            write(attempt, report);
        }
    }

    /** One after the other, so that an older report never comes last; those in between are left out. */
    private void write(Attempt attempt, HealthReport report) {
        UUID id = attempt.id();
        Persistently.run(
                        vertx,
                        "Writing the health of job " + id,
                        () -> attempt.fenced || !latest.containsKey(id),
                        () -> store.health(id, attempt.lease(), report, clock.utc()))
                .onSuccess(done -> bus.publish(new ServiceMessages.JobHealth(
                        id, attempt.job.agentId(), report.healthy(), report.message(), report.address())))
                .onFailure(e -> LOG.debug("The health of job {} was not written: {}", id, e.toString()))
                .onComplete(done -> {
                    HealthReport newer = latest.remove(id);
                    if (newer != null && !newer.equals(report)) {
                        latest.put(id, newer);
                        write(attempt, newer);
                    }
                });
    }

    void usage(Attempt attempt, Usage usage) {
        if (!attempt.job.isService()) {
            return;
        }
        long now = clock.nanos();
        Long before = usageAt.get(attempt.id());
        if (before == null || now - before >= USAGE_EVERY.toNanos()) {
            usageAt.put(attempt.id(), now);
            store.usage(attempt.id(), attempt.lease(), usage, clock.utc())
                    .onFailure(e -> LOG.debug("The usage of job {} was not written: {}", attempt.id(), e.toString()));
        }
    }

    void over(Attempt attempt) {
        usageAt.remove(attempt.id());
        latest.remove(attempt.id());
    }
}
