package dev.stationmaster.platform.web;

import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** ISO 8601 in UTC, as everywhere in the API. */
public final class Times {
    private Times() {}

    public static @Nullable String iso(@Nullable OffsetDateTime time) {
        return time == null
                ? null
                : DateTimeFormatter.ISO_INSTANT.format(time.withOffsetSameInstant(ZoneOffset.UTC).toInstant());
    }
}
