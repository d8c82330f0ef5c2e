package dev.stationmaster.bench;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs programs that print {@code SAMPLE name value}, alone on the machine if it can be, and keeps what they print. */
final class Sampler {
    private static final Map<String, String> NAMES = Map.of(
            "enqueue", "enqueue, 100 in flight",
            "bulk", "enqueue 1000 at once",
            "durablebulk", "durable create, 1000 at once",
            "send", "durable create, 100 in flight",
            "process", "lease + done, 50 in flight",
            "both", "enqueue and process at once",
            "p50", "pickup on an idle queue, p50",
            "p99", "pickup on an idle queue, p99");

    private final Options options;
    private final Stores stores;
    private final Machine machine;
    private final Figures figures;

    Sampler(Options options, Stores stores, Machine machine, Figures figures) {
        this.options = options;
        this.stores = stores;
        this.machine = machine;
        this.figures = figures;
    }

    /** How a figure of the table is called. */
    static String name(String figure, String whose) {
        return NAMES.get(figure) + ", " + whose;
    }

    void take(String whose, List<String> command, Map<String, String> more) throws IOException {
        var environment = new LinkedHashMap<>(more);
        environment.put("REDIS_URL", stores.redisUrl());
        machine.quiet();
        Machine.Load before = machine.load();
        var samples = Child.run(command, environment, options.log("queue")).stream()
                .filter(line -> line.startsWith("SAMPLE "))
                .toList();
        double foreign = Machine.foreign(before, machine.load());
        if (samples.isEmpty()) {
            figures.missing(whose + " failed, see " + options.log("queue") + ".");
        }
        for (String line : samples) {
            String[] f = line.split(" ");
            String unit = f[1].startsWith("p") && f[1].length() == 3 ? "ms" : "jobs/s";
            figures.add(name(f[1], whose), unit, Double.parseDouble(f[2]), foreign);
        }
    }
}
