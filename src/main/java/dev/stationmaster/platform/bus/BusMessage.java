package dev.stationmaster.platform.bus;

/**
 * A fact published by one feature. Implementations are public records, immutable to the bottom (records, enums, strings,
 * numbers, time types, {@code List} and {@code Map} copies), because the same object reaches every local receiver.
 */
public interface BusMessage {}
