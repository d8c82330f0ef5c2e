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
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Charges running attempts for the time since they were last charged. Simulated jobs cost nothing. */
final class CostMeter {
    /** Clocks are corrected by slewing as well: that is paid as the clock says. */
    private static final long TOLERANCE_NANOS = 100_000_000;

    private final Clock clock;
    private final Bus bus;
    private final RecordStore records;
    private final Duration every;
    private Future<Void> underWay = Future.succeededFuture();

    /** @param every how often running attempts are charged */
    CostMeter(Clock clock, Bus bus, RecordStore records, Duration every) {
        this.clock = clock;
        this.bus = bus;
        this.records = records;
        this.every = every;
    }

    /** A moment by both clocks. */
    record Moment(OffsetDateTime utc, long nanos) {}

    Moment now() {
        return new Moment(clock.utc(), clock.nanos());
    }

    /** What runs is charged up to now, but for attempts whose last charge was asked for; left out while one is under way. */
    Future<Void> charge(List<Attempt> attempts) {
        return underWay.isComplete()
                ? next(attempts.stream().filter(a -> !a.exited).toList(), now())
                : Future.succeededFuture();
    }

    /** The last charge of an attempt, after those under way. May be repeated: nothing is charged twice. */
    Future<Void> chargeEnd(Attempt attempt, Moment until) {
        attempt.exited = true;
        return next(List.of(attempt), until);
    }

    /** One after the other: else an earlier one could end last, and with it the total of a job that is over. */
    private Future<Void> next(List<Attempt> attempts, Moment until) {
        Future<Void> charged = underWay.transform(done -> write(attempts, until));
        underWay = charged.otherwiseEmpty();
        return charged;
    }

    private Future<Void> write(List<Attempt> attempts, Moment until) {
        OffsetDateTime now = until.utc();
        long nanos = until.nanos();
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
            var totals = new HashMap<UUID, Long>();
            reply.totals().forEach(t -> totals.put(t.jobId(), t.nanos()));
            var rows = charged.stream()
                    .map(a -> new ChargeRow(
                            a.id(), a.lease(), now, a.peakMemoryBytes, totals.getOrDefault(a.id(), a.job.costNanos())))
                    .toList();
            return records.charged(rows).map(jobs -> {
                charged.forEach(attempt -> chargedUntil(attempt, until)); // both are written, and not before
                jobs.forEach(job -> JobNews.changed(bus, job));
                return null;
            });
        });
    }

    private static void chargedUntil(Attempt attempt, Moment until) {
        OffsetDateTime known = attempt.chargedUntil;
        if (known == null || known.isBefore(until.utc())) {
            attempt.chargedUntil = until.utc();
            attempt.chargedUntilNanos = until.nanos();
        }
    }

    /** A clock that was set forward must not cost anything: no interval is longer than what was measured. */
    private static OffsetDateTime notLonger(OffsetDateTime from, OffsetDateTime to, long measuredNanos) {
        OffsetDateTime earliest = to.minusNanos(Math.max(0, measuredNanos) + TOLERANCE_NANOS);
        return from.isBefore(earliest) ? earliest : from;
    }

    /** For an attempt that nobody ran to its end: the time up to its last heartbeat. */
    Future<Void> chargeLost(Job job, DispatchStore.Uncharged time, Duration lease) {
        return chargeEnd(job, time, null, lease);
    }

    /** The last charge of an attempt on a remote worker. */
    Future<Void> chargeEnd(Job job, DispatchStore.Uncharged time, @Nullable Long peakMemoryBytes, Duration lease) {
        return chargeUpTo(List.of(new RemoteStore.Use(job, time.from(), time.to())), peakMemoryBytes, lease);
    }

    /** Attempts on remote workers, up to their last heartbeats. */
    Future<Void> chargeRemote(List<RemoteStore.Use> uses, Duration lease) {
        return chargeUpTo(uses, null, lease);
    }

    private Future<Void> chargeUpTo(List<RemoteStore.Use> all, @Nullable Long peakMemoryBytes, Duration lease) {
        // one charge may have failed or been on its way; a longer time means that two clocks differ
        Duration longest = lease.plus(every.multipliedBy(2));
        var uses = all.stream()
                .filter(use -> !use.job().simulated() && use.from().isBefore(use.to()))
                .toList();
        if (uses.isEmpty()) {
            return Future.succeededFuture();
        }
        Map<UUID, RemoteStore.Use> byJob = new HashMap<>();
        uses.forEach(use -> byJob.put(use.job().id(), use));
        var intervals = uses.stream()
                .map(use -> interval(use.job(), notLonger(use.from(), use.to(), longest.toNanos()), use.to()))
                .toList();
        return bus.request(new CostMessages.ChargeUsage(intervals)).compose(reply -> {
            var rows = new ArrayList<ChargeRow>();
            reply.totals().forEach(total -> {
                RemoteStore.Use use = byJob.get(total.jobId());
                if (use != null) {
                    rows.add(new ChargeRow(total.jobId(), use.job().lease(), use.to(), peakMemoryBytes, total.nanos()));
                }
            });
            return records.charged(rows).map(jobs -> {
                jobs.forEach(job -> JobNews.changed(bus, job));
                return null;
            });
        });
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
