package dev.stationmaster.platform.stores;

/** The embedded stores can't be used. The message is for the operator: what is wrong, where, and what to do. */
public final class StoresException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StoresException(String message) {
        super(message);
    }

    public StoresException(String message, Throwable cause) {
        super(message, cause);
    }
}
