package dev.stationmaster.platform.web;

import java.math.BigDecimal;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/** US dollars as whole nano-dollars in storage; numbers with at most 9 decimals outside. */
public final class Money {
    private Money() {}

    /** From JSON: a number or a decimal string. Rounds beyond 9 decimals. */
    public static long nanos(Object json) {
        BigDecimal dollars = json instanceof Double d ? BigDecimal.valueOf(d) : new BigDecimal(json.toString());
        return nanos(dollars);
    }

    public static long nanos(BigDecimal dollars) {
        return dollars.movePointRight(9).setScale(0, RoundingMode.HALF_EVEN).longValueExact();
    }

    public static @Nullable BigDecimal dollars(@Nullable Long nanos) {
        return nanos == null ? null : dollars(nanos.longValue());
    }

    public static BigDecimal dollars(long nanos) {
        var dollars = BigDecimal.valueOf(nanos, 9).stripTrailingZeros();
        return dollars.scale() < 0 ? dollars.setScale(0, RoundingMode.UNNECESSARY) : dollars;
    }
}
