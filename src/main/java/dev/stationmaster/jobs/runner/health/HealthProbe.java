package dev.stationmaster.jobs.runner.health;

import dev.stationmaster.jobs.runner.HealthCheck;
import dev.stationmaster.jobs.runner.HealthReport;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Looks at one program again and again, one look at a time, and reports each change of its verdict. Lives on one event
 * loop; never blocks it.
 */
public final class HealthProbe {
    private final Vertx vertx;
    private final HealthCheck check;
    private final Look look;
    private final String address;
    private final HealthJudge judge;
    private final Consumer<HealthReport> reports;
    private long timer = -1;
    private boolean stopped;

    /** @param address for the reports */
    public HealthProbe(Vertx vertx, HealthCheck check, Look look, String address, Consumer<HealthReport> reports) {
        this.vertx = vertx;
        this.check = check;
        this.look = look;
        this.address = address;
        this.reports = reports;
        this.judge = new HealthJudge(check.failureThreshold(), check.successThreshold());
    }

    public void start() {
        after(check.initialDelay());
    }

    public void stop() {
        stopped = true;
        vertx.cancelTimer(timer);
    }

    private void after(Duration pause) {
        timer = vertx.setTimer(Math.max(1, pause.toMillis()), fired -> once());
    }

    private void once() {
        Future<Void> seen;
        try {
            seen = look.once();
        } catch (RuntimeException e) {
            seen = Future.failedFuture(e);
        }
        seen.timeout(check.timeout().toMillis(), TimeUnit.MILLISECONDS).onComplete(result -> {
            if (stopped) {
                return;
            }
            judge.saw(result.succeeded())
                    .ifPresent(well -> reports.accept(new HealthReport(
                            well,
                            well ? "The check succeeds." : "The check fails: " + reason(result.cause()),
                            address)));
            after(check.interval());
        });
    }

    private String reason(Throwable error) {
        return error instanceof java.util.concurrent.TimeoutException
                ? "no answer within " + check.timeout().toMillis() + " ms"
                : String.valueOf(error.getMessage());
    }
}
