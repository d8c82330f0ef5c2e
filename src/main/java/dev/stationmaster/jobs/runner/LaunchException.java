package dev.stationmaster.jobs.runner;

/** An attempt could not be started, e.g. its command does not exist. The message is for the person who submitted it. */
public final class LaunchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String reason;

    public LaunchException(String message) {
        this("setup_failed", message);
    }

    /** @param reason stable code, as in the API */
    public LaunchException(String reason, String message) {
        super(message);
        this.reason = reason;
    }

    public String reason() {
        return reason;
    }
}
