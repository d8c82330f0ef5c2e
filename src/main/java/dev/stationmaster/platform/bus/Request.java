package dev.stationmaster.platform.bus;

/** A question from one feature to another; {@code R} fixes the type of the answer. */
public interface Request<R extends BusMessage> extends BusMessage {}
