package dev.stationmaster.jobs.schedules;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;

/**
 * When a cron expression of five fields (minute, hour, day of month, month, day of week) is due. Pure. In a time zone with
 * summer time, a time that the clock skips is due when it has skipped it, and one that comes twice is due once.
 */
final class CronTimes {
    private static final CronParser PARSER = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));

    private CronTimes() {}

    /** Empty when it never is. Throws {@link IllegalArgumentException} with the reason for nonsense. */
    static Optional<OffsetDateTime> next(String cron, String timeZone, Instant after) {
        ZoneId zone;
        try {
            zone = ZoneId.of(timeZone);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("there is no time zone " + timeZone, e);
        }
        return ExecutionTime.forCron(PARSER.parse(cron).validate())
                .nextExecution(after.atZone(zone))
                .map(time -> time.toInstant().atOffset(ZoneOffset.UTC));
    }
}
