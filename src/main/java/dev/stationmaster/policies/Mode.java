package dev.stationmaster.policies;

import java.util.Locale;

/** What follows when a policy is broken. Each mode also writes history. */
enum Mode {
    /** The request is refused. */
    ENFORCE,
    /** It is accepted, and its owner is told. */
    WARN,
    /** It is accepted; only history knows. */
    AUDIT;

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Throws {@link IllegalArgumentException} for anything else. */
    static Mode of(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }
}
