package dev.stationmaster.jobs;

import dev.stationmaster.jobs.scheduler.Snapshot;
import dev.stationmaster.platform.config.SettingsReader;
import java.time.Duration;

/**
 * Settings of the scheduler.
 *
 * @param rules aging, reservations, bounds
 * @param useHalfLife recent use of an owner counts half after this
 * @param entryCharge a job is charged for at least so long
 * @param preemptNotice between the notice to a victim and its SIGTERM
 */
public record SchedulingSettings(
        Snapshot.Rules rules, Duration useHalfLife, Duration entryCharge, Duration preemptNotice) {
    private static final int MAX_STARTS = 256;

    static SchedulingSettings read(SettingsReader r) {
        Duration day = Duration.ofDays(1);
        return new SchedulingSettings(
                new Snapshot.Rules(
                        r.seconds("scheduling.aging_step_seconds", Duration.ofSeconds(1), Duration.ofDays(30)),
                        r.seconds("scheduling.reserve_after_seconds", Duration.ZERO, Duration.ofDays(30)),
                        MAX_STARTS,
                        false),
                r.seconds("scheduling.use_half_life_seconds", Duration.ofSeconds(1), Duration.ofDays(365)),
                r.seconds("scheduling.entry_charge_seconds", Duration.ZERO, day),
                r.seconds("scheduling.preempt_notice_seconds", Duration.ZERO, day));
    }
}
