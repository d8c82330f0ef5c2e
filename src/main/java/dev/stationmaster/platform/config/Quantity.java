package dev.stationmaster.platform.config;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Kubernetes quantities: {@code "2"}, {@code "500m"}, {@code "4Gi"}, {@code "20G"}. Source: Kubernetes API, resource
 * Quantity (decimal and binary suffixes; the exponent form is left out).
 */
public final class Quantity {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,12}(?:\\.[0-9]{1,9})?)(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?");
    private static final Map<String, BigDecimal> SUFFIXES = Map.ofEntries(
            Map.entry("m", new BigDecimal("0.001")),
            Map.entry("k", BigDecimal.TEN.pow(3)),
            Map.entry("M", BigDecimal.TEN.pow(6)),
            Map.entry("G", BigDecimal.TEN.pow(9)),
            Map.entry("T", BigDecimal.TEN.pow(12)),
            Map.entry("P", BigDecimal.TEN.pow(15)),
            Map.entry("Ki", BigDecimal.valueOf(1L << 10)),
            Map.entry("Mi", BigDecimal.valueOf(1L << 20)),
            Map.entry("Gi", BigDecimal.valueOf(1L << 30)),
            Map.entry("Ti", BigDecimal.valueOf(1L << 40)),
            Map.entry("Pi", BigDecimal.valueOf(1L << 50)));
    private static final List<String> WHOLE = List.of("Pi", "Ti", "Gi", "Mi", "Ki", "P", "T", "G", "M", "k");

    private Quantity() {}

    /** The amount in the base unit. Throws {@link IllegalArgumentException} on anything else than a quantity. */
    public static BigDecimal parse(String text) {
        Matcher m = FORM.matcher(text);
        if (!m.matches()) {
            throw new IllegalArgumentException("not a quantity: " + text);
        }
        var number = new BigDecimal(m.group(1));
        String suffix = m.group(2);
        return suffix == null ? number : number.multiply(SUFFIXES.getOrDefault(suffix, BigDecimal.ONE));
    }

    /** Thousandths of the base unit, rounded up: {@code "0.5"} cores are 500. */
    public static long parseMillis(String text) {
        return parse(text).movePointRight(3).setScale(0, RoundingMode.CEILING).longValueExact();
    }

    /** Whole base units, rounded up. */
    public static long parseWhole(String text) {
        return parse(text).setScale(0, RoundingMode.CEILING).longValueExact();
    }

    public static String ofMillis(long millis) {
        return millis % 1000 == 0 ? Long.toString(millis / 1000) : millis + "m";
    }

    /** The shortest exact form, e.g. 4Gi or 20G. */
    public static String ofBytes(long bytes) {
        String shortest = Long.toString(bytes);
        for (String suffix : WHOLE) {
            long unit = SUFFIXES.getOrDefault(suffix, BigDecimal.ONE).longValueExact();
            String form = bytes / unit + suffix;
            if (bytes >= unit && bytes % unit == 0 && form.length() < shortest.length()) {
                shortest = form;
            }
        }
        return shortest;
    }
}
