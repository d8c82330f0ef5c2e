package dev.stationmaster.jobs.runner.health;

import dev.stationmaster.jobs.runner.HealthCheck;
import dev.stationmaster.jobs.runner.HealthReport;
import dev.stationmaster.jobs.runner.RunnerEvents;
import dev.stationmaster.jobs.runner.ServiceSpec;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The probes of one runner, by whatever names an attempt there. Lives on one event loop. */
public final class Probes {
    /** The variable that tells a program where to listen. */
    public static final String PORT = "STATIONMASTER_PORT";

    /**
     * Where a program is reached.
     *
     * @param fresh it begins: what was known of its health does not hold any more
     */
    public record At(String host, int port, boolean fresh) {}

    private final Vertx vertx;
    private final Map<Object, HealthProbe> probes = new HashMap<>();

    public Probes(Vertx vertx) {
        this.vertx = vertx;
    }

    /** What a program learns of its port. */
    public static Map<String, String> env(int port) {
        return Map.of("PORT", Integer.toString(port), PORT, Integer.toString(port));
    }

    /**
     * The program runs: tells where it is reached, and looks at it from now on.
     *
     * @param run runs a program next to it and completes with the exit code
     */
    public void watch(
            Object attempt,
            ServiceSpec service,
            At at,
            Function<List<String>, Future<Integer>> run,
            RunnerEvents events) {
        String address = at.host() + ":" + at.port();
        HealthCheck check = service.check();
        if (at.fresh()) {
            events.health(new HealthReport(
                    null, check == null ? "It has no health check." : "Its health was not checked yet.", address));
        }
        if (check != null) {
            var probe = new HealthProbe(
                    vertx, check, Look.of(vertx, check, at.host(), at.port(), run), address, events::health);
            probes.put(attempt, probe);
            probe.start();
        }
    }

    public void over(Object attempt) {
        HealthProbe probe = probes.remove(attempt);
        if (probe != null) {
            probe.stop();
        }
    }
}
