package dev.stationmaster.platform.config;

import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Typed access to flat settings. A bad value is noted in {@link #problems()} and replaced by a harmless one, so that
 * reading goes on and all problems are found. Not thread-safe; used while starting.
 */
public final class SettingsReader {
    private final Map<String, String> values;
    private final Problems problems;

    SettingsReader(Map<String, String> values, Problems problems) {
        this.values = values;
        this.problems = problems;
    }

    public Problems problems() {
        return problems;
    }

    public String string(String key) {
        return raw(key);
    }

    public Optional<String> optional(String key) {
        return Optional.of(raw(key)).filter(v -> !v.isBlank());
    }

    public Optional<Secret> secret(String key) {
        return optional(key).map(Secret::new);
    }

    public Path path(String key) {
        return Path.of(raw(key));
    }

    public int integer(String key, int min, int max) {
        return parse(key, min, "a whole number from " + min + " to " + max, text -> {
            int value = Integer.parseInt(text);
            return value >= min && value <= max ? value : null;
        });
    }

    public boolean bool(String key) {
        return parse(key, false, "true or false", text -> switch (text) {
            case "true" -> Boolean.TRUE;
            case "false" -> Boolean.FALSE;
            default -> null;
        });
    }

    /** The key ends with {@code _seconds}; decimals allowed. */
    public Duration seconds(String key, Duration min, Duration max) {
        return parse(key, min, "seconds from " + min.toMillis() / 1000.0 + " to " + max.toSeconds(), text -> {
            var value = Duration.ofNanos(new BigDecimal(text).movePointRight(9).longValueExact());
            return value.compareTo(min) >= 0 && value.compareTo(max) <= 0 ? value : null;
        });
    }

    /** A Kubernetes quantity in its base unit (bytes, cores, pieces), e.g. {@code 4Gi}. */
    public BigDecimal quantity(String key) {
        return parse(key, BigDecimal.ZERO, "a quantity such as 2, 500m or 4Gi", Quantity::parse);
    }

    public long bytes(String key, long min, long max) {
        return parse(key, min, "bytes from " + min + " to " + max + ", such as 1Mi", text -> {
            long value = Quantity.parse(text).longValueExact();
            return value >= min && value <= max ? value : null;
        });
    }

    /** US dollars as a decimal; at most 9 decimals. */
    public BigDecimal dollars(String key) {
        return parse(key, BigDecimal.ZERO, "an amount in dollars with at most 9 decimals", text -> {
            var value = new BigDecimal(text);
            return value.signum() >= 0 && value.scale() <= 9 ? value : null;
        });
    }

    public Optional<URI> uri(String key, String... schemes) {
        return optional(key)
                .map(v -> parse(
                        key,
                        URI.create("invalid:none"),
                        "a URL starting with " + String.join(" or ", schemes),
                        text -> {
                            var uri = URI.create(text);
                            return Arrays.asList(schemes).contains(uri.getScheme()) ? uri : null;
                        }));
    }

    public <E extends Enum<E>> E choice(String key, Class<E> type) {
        E[] all = type.getEnumConstants();
        return parse(
                key,
                all[0],
                "one of " + List.of(all).toString().toLowerCase(java.util.Locale.ROOT),
                text -> Arrays.stream(all)
                        .filter(e -> e.name().equalsIgnoreCase(text))
                        .findFirst()
                        .orElse(null));
    }

    /** Every setting in effect, secrets hidden, for the log at start. */
    public Map<String, String> effective() {
        var shown = new TreeMap<String, String>();
        values.forEach((key, value) -> shown.put(key, value.isEmpty() ? "(unset)" : hide(key, value)));
        return shown;
    }

    private static String hide(String key, String value) {
        if (key.endsWith("password") || key.endsWith("secret") || key.endsWith("_key")) {
            return "(hidden)";
        }
        // up to the last @: a password may hold one; without a scheme too: the URL may be the problem
        return value.replaceFirst("^((?:[a-z+]+://)?[^:/@]*):.*@", "$1:(hidden)@");
    }

    private <T> T parse(String key, T fallback, String expected, Function<String, @Nullable T> parser) {
        String text = raw(key).strip();
        T value;
        try {
            value = parser.apply(text);
        } catch (IllegalArgumentException | ArithmeticException e) {
            value = null;
        }
        if (value == null) {
            problems.add(key, "expected " + expected + ", got \"" + hide(key, text) + "\"");
            return fallback;
        }
        return value;
    }

    private String raw(String key) {
        String value = values.get(key);
        if (value == null) {
            throw new IllegalArgumentException("conf/stationmaster.yaml does not name the setting " + key);
        }
        return value;
    }
}
