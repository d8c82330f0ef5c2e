package dev.stationmaster.platform.web;

import java.util.Locale;

/** Every stable error code with its HTTP status. Programs depend on the names; add at the end, never rename. */
public enum ErrorCode {
    INTERNAL(500, "Internal error"),
    BAD_REQUEST(400, "Bad request"),
    UNAUTHENTICATED(401, "Not signed in"),
    FORBIDDEN(403, "Not allowed"),
    NOT_FOUND(404, "Not found"),
    METHOD_NOT_ALLOWED(405, "Method not allowed"),
    NOT_ACCEPTABLE(406, "Not acceptable"),
    CONFLICT(409, "Conflict"),
    PRECONDITION_FAILED(412, "Changed meanwhile"),
    PAYLOAD_TOO_LARGE(413, "Body too large"),
    UNSUPPORTED_MEDIA_TYPE(415, "Unsupported media type"),
    UNPROCESSABLE(422, "Can't be done"),
    TOO_MANY_REQUESTS(429, "Too many requests"),
    UNAVAILABLE(503, "Unavailable"),
    INVALID_CREDENTIALS(401, "Wrong user name or password"),
    TOKEN_EXPIRED(401, "Token expired"),
    TOKEN_REUSED(401, "Refresh token used twice"),
    NAME_TAKEN(409, "Name taken"),
    VERSION_EXISTS(409, "Version exists"),
    HAS_ACTIVE_JOBS(409, "Jobs are not finished"),
    INVALID_STATE(409, "Not in the present state"),
    LAST_ADMIN(409, "Last administrator"),
    IDEMPOTENCY_KEY_REUSED(422, "Idempotency key reused"),
    BUDGET_REQUIRED(422, "Budget required"),
    BUDGET_EXHAUSTED(422, "Budget exhausted"),
    EXCEEDS_MAX_QUOTA(422, "Over quota"),
    NO_MATCHING_RUNNER(422, "No runner can run this"),
    INVALID_FIELD(422, "Invalid field"),
    URI_TOO_LONG(414, "URI too long"),
    QUEUE_DRAINS(409, "Queue takes no more jobs"),
    POLICY_VIOLATION(422, "Against a safety policy"),
    POLICY_INVALID(422, "Invalid policy"),
    DUPLICATE_JOB(409, "Same as another job"),
    LEASE_LOST(409, "Another has the lease"),
    WORKER_OUTDATED(409, "Worker and server do not fit"),
    OFFSET_MISMATCH(409, "Not where the pieces before end"),
    CHECKSUM_MISMATCH(422, "Not what was sent"),
    STORAGE_FULL(507, "No space left");

    private final int status;
    private final String title;

    ErrorCode(int status, String title) {
        this.status = status;
        this.title = title;
    }

    public int status() {
        return status;
    }

    public String title() {
        return title;
    }

    /** As in JSON: {@code no_matching_runner}. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
