package dev.stationmaster.jobs.runner.gpu;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Cells as {@code nvidia-smi} writes them, in XML and CSV: {@code 81559 MiB}, {@code [N/A]}, {@code ERR!}. */
final class SmiCells {
    private static final List<String> BROKEN =
            List.of("err!", "unknown error", "requires reset", "gpu is lost", "reset required");
    private static final long MIB = 1L << 20;

    private SmiCells() {}

    /** Null: not told. Absent is not zero. */
    static @Nullable Long number(@Nullable String cell) {
        String text = cell == null ? "" : cell.strip();
        int end = 0;
        while (end < text.length() && Character.isDigit(text.charAt(end))) {
            end++;
        }
        return end == 0 || end > 18 ? null : Long.valueOf(text.substring(0, end));
    }

    static @Nullable Long mebibytes(@Nullable String cell) {
        Long number = number(cell);
        return number == null || number > Long.MAX_VALUE / MIB ? null : Long.valueOf(number * MIB);
    }

    static boolean yes(@Nullable String cell) {
        return cell != null && cell.strip().equalsIgnoreCase("yes");
    }

    static boolean enabled(@Nullable String cell) {
        return cell != null && cell.strip().equalsIgnoreCase("enabled");
    }

    /** The text itself, or null where there is none, e.g. {@code N/A}. */
    static @Nullable String text(@Nullable String cell) {
        String text = cell == null ? "" : cell.strip();
        return text.isEmpty() || text.equals("N/A") || text.startsWith("[") ? null : text;
    }

    /** Whether the device does not answer, as against not having such a value. */
    static boolean broken(String cell) {
        String text = cell.toLowerCase(Locale.ROOT);
        return BROKEN.stream().anyMatch(text::contains);
    }

    static String eccFault(long errors) {
        return errors + " uncorrectable memory errors since its last reset";
    }

    static final String RETIREMENT_PENDING = "memory pages wait to be retired; it needs a reset";
    static final String REMAP_FAILED = "it has no spare memory rows left (row remapping failed)";
}
