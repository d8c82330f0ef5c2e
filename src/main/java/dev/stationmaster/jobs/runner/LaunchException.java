package dev.stationmaster.jobs.runner;

/** An attempt could not be started, e.g. its command does not exist. The message is for the person who submitted it. */
public final class LaunchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LaunchException(String message) {
        super(message);
    }
}
