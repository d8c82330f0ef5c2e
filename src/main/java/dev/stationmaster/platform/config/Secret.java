package dev.stationmaster.platform.config;

/** A value that never shows in logs: {@link #toString()} hides it, {@link #reveal()} gives it. */
public record Secret(String reveal) {
    @Override
    public String toString() {
        return "(hidden)";
    }
}
