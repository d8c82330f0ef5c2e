package dev.stationmaster.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Loads a server from a process of its own: wrk where it is installed, else {@link LoadGenerator}. */
final class HttpLoad {
    private static final int CONNECTIONS = 64;

    private static final String LUA = """
            wrk.method = os.getenv("BENCH_METHOD")
            wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")
            local body = os.getenv("BENCH_BODY")
            if body ~= "" then
              wrk.body = body
              wrk.headers["Content-Type"] = "application/json"
            end
            done = function(summary, latency, requests)
              local e = summary.errors
              io.write(string.format("RESULT %.1f %.3f %.3f %d %d\\n", summary.requests / (summary.duration / 1e6),
                latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.requests,
                e.connect + e.read + e.write + e.status + e.timeout))
            end
            """;

    /** @param body empty for none */
    record Target(String name, long pid, String url, String method, String token, String body) {}

    private record Result(double perSecond, double p50, double p99, long count, long errors) {}

    private final Options options;
    private final Machine machine;
    private final Figures figures;
    private final int connections;
    private final boolean wrk = Child.installed("wrk");

    HttpLoad(Options options, Machine machine, Figures figures) {
        this(options, machine, figures, CONNECTIONS);
    }

    HttpLoad(Options options, Machine machine, Figures figures, int connections) {
        this.connections = connections;
        this.options = options;
        this.machine = machine;
        this.figures = figures;
    }

    String tool() {
        return wrk ? "wrk -t1 -c" + connections : "the Java load generator, " + connections + " connections";
    }

    void warm(Target target, double seconds) throws IOException {
        shoot(target, seconds);
    }

    /** Takes one sample of each figure. */
    void measure(Target target, double seconds) throws IOException {
        machine.quiet();
        Machine.Load before = machine.load();
        long ticks = Machine.ticks(target.pid());
        Result r = shoot(target, seconds);
        long used = Machine.ticks(target.pid()) - ticks;
        double foreign = Machine.foreign(before, machine.load());
        figures.add(target.name() + ", requests/s", "", r.perSecond(), foreign);
        figures.add(target.name() + ", p50", "ms", r.p50(), foreign);
        figures.add(target.name() + ", p99", "ms", r.p99(), foreign);
        figures.add(target.name() + ", server CPU/request", "us", used * Machine.MICROS_A_TICK / r.count(), foreign);
        if (r.errors() > 0) {
            figures.add(target.name() + ", ERRORS", "", (double) r.errors(), foreign);
        }
    }

    private Result shoot(Target target, double seconds) throws IOException {
        List<String> command;
        if (wrk) {
            Path lua = options.work().resolve("load.lua");
            Files.writeString(lua, LUA);
            command = List.of(
                    "wrk",
                    "-t1",
                    "-c" + connections,
                    "-d" + Math.round(seconds) + "s",
                    "--timeout",
                    "10s",
                    "-s",
                    lua.toString(),
                    target.url());
        } else {
            command = new ArrayList<>(Child.java(
                    List.of("-Xmx256m"),
                    LoadGenerator.class,
                    target.url(),
                    target.method(),
                    target.token(),
                    target.body(),
                    Integer.toString(connections),
                    Double.toString(seconds)));
        }
        var environment =
                Map.of("BENCH_METHOD", target.method(), "BENCH_TOKEN", target.token(), "BENCH_BODY", target.body());
        for (String line : Child.run(command, environment, options.log("load"))) {
            if (line.startsWith("RESULT ")) {
                String[] f = line.split(" ");
                return new Result(
                        Double.parseDouble(f[1]),
                        Double.parseDouble(f[2]),
                        Double.parseDouble(f[3]),
                        Long.parseLong(f[4]),
                        Long.parseLong(f[5]));
            }
        }
        throw new IOException("No result of " + target.url() + ", see " + options.log("load"));
    }
}
