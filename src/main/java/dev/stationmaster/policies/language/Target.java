package dev.stationmaster.policies.language;

import java.util.Locale;

/** What a policy judges, which decides what its expression may speak of. */
public enum Target {
    /** A job about to be queued: {@code agent}, {@code version}, {@code job}, {@code owner}, {@code now}. */
    JOB,
    /** An agent about to be saved: the same without {@code job}. */
    AGENT;

    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Throws {@link IllegalArgumentException} for anything else. */
    public static Target of(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }
}
