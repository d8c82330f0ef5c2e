package dev.stationmaster.costs;

import dev.stationmaster.platform.web.Money;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;

/** What a budget counts. Whole numbers in storage: nano-dollars, GPU-microseconds. */
enum BudgetUnit {
    CURRENCY {
        @Override
        long stored(Object json) {
            return Money.nanos(json);
        }

        @Override
        BigDecimal shown(long stored) {
            return Money.dollars(stored);
        }
    },
    GPU_SECONDS {
        @Override
        long stored(Object json) {
            BigDecimal seconds = json instanceof Double d ? BigDecimal.valueOf(d) : new BigDecimal(json.toString());
            return seconds.movePointRight(6).setScale(0, RoundingMode.HALF_EVEN).longValueExact();
        }

        @Override
        BigDecimal shown(long stored) {
            var seconds = BigDecimal.valueOf(stored, 6).stripTrailingZeros();
            return seconds.scale() < 0 ? seconds.setScale(0, RoundingMode.UNNECESSARY) : seconds;
        }
    };

    static BudgetUnit of(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** From a number or a decimal string of the API. */
    abstract long stored(Object json);

    abstract BigDecimal shown(long stored);
}
