package dev.stationmaster.worker;

/** The server was reached and refused. */
final class ServerProblem extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;

    /** @param code as in the API, e.g. {@code lease_lost} */
    ServerProblem(int status, String code, String detail) {
        super(detail);
        this.status = status;
        this.code = code;
    }

    String code() {
        return code;
    }

    /** Whether the same call could be taken later; else it never will. */
    boolean mayPass() {
        return status >= 500 || status == 429 || status == 408 || status == 401 || status == 403;
    }

    /** The attempt is another's by now. */
    static boolean isLeaseLost(Throwable error) {
        return error instanceof ServerProblem p && "lease_lost".equals(p.code());
    }
}
