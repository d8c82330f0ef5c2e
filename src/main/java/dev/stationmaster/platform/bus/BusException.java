package dev.stationmaster.platform.bus;

/** A request failed. {@link #code} is the {@code ErrorCode} name the other feature failed with, or a transport cause. */
public final class BusException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String code;

    BusException(String code, String message) {
        super(message);
        this.code = code;
    }

    public String code() {
        return code;
    }
}
