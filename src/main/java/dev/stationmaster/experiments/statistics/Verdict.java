package dev.stationmaster.experiments.statistics;

import java.util.Locale;

/** What a comparison says of a variant against the baseline, and by which rule. */
public record Verdict(Kind kind, String rule) {
    /** {@code INVALID}: the runs can't be compared, so that no figure of theirs may decide. */
    public enum Kind {
        WIN,
        LOSE,
        NO_DIFFERENCE,
        INCONCLUSIVE,
        INVALID;

        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static Verdict of(Kind kind, String rule) {
        return new Verdict(kind, rule);
    }
}
