package dev.stationmaster.platform.web;

import java.util.Locale;

/** What a token may do. Each covers those after it, but {@code AGENT}, which covers only itself. */
public enum Role {
    ADMIN(4),
    OPERATOR(3),
    DEVELOPER(2),
    VIEWER(1),
    /** Machine tokens, limited to one agent. */
    AGENT(0);

    private final int rank;

    Role(int rank) {
        this.rank = rank;
    }

    public boolean covers(Role needed) {
        if (this == AGENT || needed == AGENT) {
            return this == needed;
        }
        return rank >= needed.rank;
    }

    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Role of(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }
}
