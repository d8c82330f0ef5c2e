package dev.stationmaster.costs;

import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** A calendar period in UTC, which has neither summer time nor half hours: every period begins where an hour does. */
enum BudgetPeriod {
    HOUR,
    DAY,
    MONTH;

    static BudgetPeriod of(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** When the period that holds {@code time} began. */
    OffsetDateTime start(OffsetDateTime time) {
        OffsetDateTime utc = time.withOffsetSameInstant(ZoneOffset.UTC);
        return switch (this) {
            case HOUR -> utc.truncatedTo(ChronoUnit.HOURS);
            case DAY -> utc.truncatedTo(ChronoUnit.DAYS);
            case MONTH -> utc.truncatedTo(ChronoUnit.DAYS).withDayOfMonth(1);
        };
    }

    /** The first moment that is no longer part of it. */
    OffsetDateTime end(OffsetDateTime time) {
        OffsetDateTime start = start(time);
        return switch (this) {
            case HOUR -> start.plusHours(1);
            case DAY -> start.plusDays(1);
            case MONTH -> start.plusMonths(1);
        };
    }
}
