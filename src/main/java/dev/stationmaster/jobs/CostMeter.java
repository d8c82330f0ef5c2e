package dev.stationmaster.jobs;

import dev.stationmaster.costs.CostMessages;
import dev.stationmaster.costs.CostMessages.UsageInterval;
import dev.stationmaster.jobs.RecordStore.ChargeRow;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.UUID;

/** Charges running attempts for the time since they were last charged. Simulated jobs cost nothing. */
final class CostMeter {
    /** Clocks are corrected by slewing as well: that is paid as the clock says. */
    private static final long TOLERANCE_NANOS = 100_000_000;

    private final Clock clock;
    private final Bus bus;
    private final RecordStore records;
    private final Duration every;

    /** @param every how often running attempts are charged */
    CostMeter(Clock clock, Bus bus, RecordStore records, Duration every) {
        this.clock = clock;
        this.bus = bus;
        this.records = records;
        this.every = every;
    }

    Future<Void> charge(List<Attempt> attempts) {
        OffsetDateTime now = clock.utc();
        long nanos = clock.nanos();
        var charged = new ArrayList<Attempt>();
        var intervals = new ArrayList<UsageInterval>();
        for (Attempt attempt : attempts) {
            OffsetDateTime from = attempt.chargedUntil;
            if (from != null && !attempt.job.simulated() && !attempt.fenced && from.isBefore(now)) {
                charged.add(attempt);
                intervals.add(interval(attempt.job, notLonger(from, now, nanos - attempt.chargedUntilNanos), now));
            }
        }
        if (intervals.isEmpty()) {
            return Future.succeededFuture();
        }
        return bus.request(new CostMessages.ChargeUsage(intervals)).compose(reply -> {
            charged.forEach(attempt -> {
                attempt.chargedUntil = now;
                attempt.chargedUntilNanos = nanos;
            });
            var totals = new HashMap<UUID, Long>();
            reply.totals().forEach(t -> totals.put(t.jobId(), t.nanos()));
            var rows = charged.stream()
                    .map(a -> new ChargeRow(
                            a.id(), a.lease(), now, a.peakMemoryBytes, totals.getOrDefault(a.id(), a.job.costNanos())))
                    .toList();
            return records.charged(rows).map(jobs -> {
                jobs.forEach(job -> JobNews.changed(bus, job));
                return null;
            });
        });
    }

    /** A clock that was set forward must not cost anything: no interval is longer than what was measured. */
    private static OffsetDateTime notLonger(OffsetDateTime from, OffsetDateTime to, long measuredNanos) {
        OffsetDateTime earliest = to.minusNanos(Math.max(0, measuredNanos) + TOLERANCE_NANOS);
        return from.isBefore(earliest) ? earliest : from;
    }

    /** For an attempt that nobody ran to its end: the time up to its last heartbeat. */
    Future<Void> chargeLost(Job job, DispatchStore.Uncharged time, Duration lease) {
        // one charge may have failed or been on its way; a longer time means that two clocks differ
        var from = notLonger(
                time.from(), time.to(), lease.plus(every.multipliedBy(2)).toNanos());
        if (job.simulated() || !from.isBefore(time.to())) {
            return Future.succeededFuture();
        }
        return bus.request(new CostMessages.ChargeUsage(List.of(interval(job, from, time.to()))))
                .compose(reply -> records.charged(reply.totals().stream()
                        .map(t -> new ChargeRow(job.id(), job.lease(), time.to(), null, t.nanos()))
                        .toList()))
                .mapEmpty();
    }

    private static UsageInterval interval(Job job, OffsetDateTime from, OffsetDateTime to) {
        return new UsageInterval(
                job.id(),
                job.agentId(),
                job.ownerId(),
                job.scheduling().queue(),
                from,
                to,
                job.held().cpuMillis(),
                job.held().memoryBytes(),
                job.held().gpus());
    }
}
