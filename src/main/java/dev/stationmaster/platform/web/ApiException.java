package dev.stationmaster.platform.web;

import java.util.List;

/** A failure that the caller is told: services fail with it, the gateway turns it into a problem document. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** One bad field: a JSON pointer into the body, or the name of a parameter, and what is wrong. */
    public record FieldError(String pointer, String detail) {}

    private final ErrorCode code;
    private final transient List<FieldError> errors;
    private final long retryAfterSeconds;

    public ApiException(ErrorCode code, String detail) {
        this(code, detail, List.of());
    }

    public ApiException(ErrorCode code, String detail, List<FieldError> errors) {
        this(code, detail, errors, 0);
    }

    private ApiException(ErrorCode code, String detail, List<FieldError> errors, long retryAfterSeconds) {
        super(detail, null, false, false); // an answer, not a fault: no stack trace needed
        this.code = code;
        this.errors = List.copyOf(errors);
        this.retryAfterSeconds = retryAfterSeconds;
    }

    public static ApiException notFound(String what, Object id) {
        return new ApiException(ErrorCode.NOT_FOUND, "There is no " + what + " " + id + ".");
    }

    public static ApiException retryLater(ErrorCode code, String detail, long seconds) {
        return new ApiException(code, detail, List.of(), seconds);
    }

    public ErrorCode code() {
        return code;
    }

    public List<FieldError> errors() {
        return errors;
    }

    /** For the Retry-After header; 0 means none. */
    public long retryAfterSeconds() {
        return retryAfterSeconds;
    }
}
