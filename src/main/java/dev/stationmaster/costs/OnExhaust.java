package dev.stationmaster.costs;

import java.util.Locale;

/** What a spent budget does until its period ends. */
enum OnExhaust {
    /** Nothing starts; what runs goes on, what is new waits. */
    BLOCK,
    /** Nothing starts and nothing new is taken; what runs goes on. */
    DRAIN,
    /** Nothing starts and what runs is stopped; what is new waits. */
    STOP;

    static OnExhaust of(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
