package dev.stationmaster.platform.web;

import java.util.Locale;

/** What a token may do. Each covers those after it, but {@code AGENT} and {@code WORKER}, which cover only themselves. */
public enum Role {
    ADMIN(4),
    OPERATOR(3),
    DEVELOPER(2),
    VIEWER(1),
    /** Machine tokens, limited to one agent. */
    AGENT(0),
    /** Tokens of remote workers: they lease jobs, secrets included, and report on them. */
    WORKER(0);

    private final int rank;

    Role(int rank) {
        this.rank = rank;
    }

    public boolean covers(Role needed) {
        if (isMachine() || needed.isMachine()) {
            return this == needed;
        }
        return rank >= needed.rank;
    }

    private boolean isMachine() {
        return rank == 0;
    }

    /** The lowest role whose owner may have a token with this one. */
    public Role maker() {
        return switch (this) {
            case AGENT -> DEVELOPER;
            case WORKER -> OPERATOR;
            default -> this;
        };
    }

    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Role of(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }
}
