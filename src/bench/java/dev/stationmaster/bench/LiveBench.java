package dev.stationmaster.bench;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.LoggerFactory;

/**
 * How fast the WebSocket hub tells everybody (goals C1 and C2): our hub, bare Vert.x, and where {@code --node-modules}
 * names a folder that holds it the npm package ws, in one session. Each server and the clients run in processes of their
 * own; in each repetition all servers take their turn. Linux only: CPU time is read from /proc.
 *
 * <p>Arguments: {@code [--clients 1000] [--runs 3] [--seconds 6] [--node-modules DIR]}.
 */
public final class LiveBench {
    private static final int BURST = 8;
    private static final int PER_SECOND = 20;
    private static final double NANOS_A_TICK = 1e7; // Linux counts CPU time in 1/100 s for everybody

    private final Map<String, Map<String, List<Double>>> figures = new LinkedHashMap<>();
    private final int clients;
    private final int runs;
    private final int seconds;
    private final String nodeModules;

    private LiveBench(Map<String, String> options) {
        clients = Integer.parseInt(options.getOrDefault("--clients", "1000"));
        runs = Integer.parseInt(options.getOrDefault("--runs", "3"));
        seconds = Integer.parseInt(options.getOrDefault("--seconds", "6"));
        nodeModules = options.getOrDefault("--node-modules", "");
    }

    public static void main(String[] args) throws IOException {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
        if (args.length > 0 && args[0].equals("client")) {
            LiveBenchClient.run(Integer.parseInt(args[1]), Integer.parseInt(args[2]));
        } else if (args.length > 0 && args[0].equals("server")) {
            LiveBenchServers.run(args[1], Integer.parseInt(args[2]));
        } else {
            var options = new LinkedHashMap<String, String>();
            for (int i = 0; i + 1 < args.length; i += 2) {
                options.put(args[i], args[i + 1]);
            }
            new LiveBench(options).run();
        }
    }

    private void run() throws IOException {
        var kinds = new ArrayList<>(List.of("hub", "bare"));
        if (!nodeModules.isEmpty() && Files.isDirectory(Path.of(nodeModules, "ws"))) {
            kinds.add("ws");
        } else {
            System.err.println("  left out: ws, because the folder of --node-modules does not hold it.");
        }
        for (int i = 0; i < runs; i++) {
            for (String kind : kinds) {
                measure(kind);
            }
        }
        print();
    }

    private void measure(String kind) throws IOException {
        int port = freePort();
        try (Child server = server(kind, port);
                Child client = new Child(java("client", String.valueOf(port), String.valueOf(clients)))) {
            flood(kind, "round of 1", server, client, 1);
            flood(kind, "burst of " + BURST, server, client, BURST);
            paced(kind, server, client);
        }
    }

    private void flood(String kind, String name, Child server, Child client, int burst) throws IOException {
        int warm = burst == 1 ? 8 : 2; // for the compiler
        server.say("flood " + (warm + seconds + 1) + " " + burst);
        pause(warm);
        long count = Long.parseLong(client.ask("count"));
        long ticks = server.ticks();
        long busy = busyTicks();
        long ours = ticks + client.ticks();
        long start = System.nanoTime();
        pause(seconds);
        double frames = Long.parseLong(client.ask("count")) - (double) count;
        double elapsed = (System.nanoTime() - start) / 1e9;
        long used = server.ticks();
        double all = elapsed * 100 * Runtime.getRuntime().availableProcessors();
        double foreign = (busyTicks() - busy - (used + client.ticks() - ours)) / all * 100;
        add(kind, name + ": frames/s", frames / elapsed);
        add(kind, name + ": server CPU ns/frame", (used - ticks) * NANOS_A_TICK / frames);
        add(kind, name + ": foreign load %", foreign);
        pause(2);
    }

    private void paced(String kind, Child server, Child client) throws IOException {
        server.say("paced " + (seconds + 3) + " " + PER_SECOND);
        pause(2);
        long count = Long.parseLong(client.ask("count"));
        long start = System.nanoTime();
        client.say("latency on");
        pause(seconds);
        String[] delays = client.ask("latency off").split(" ");
        double rate = (Long.parseLong(client.ask("count")) - count) / ((System.nanoTime() - start) / 1e9);
        add(kind, "paced " + PER_SECOND + "/s: frames/s", rate);
        add(kind, "paced " + PER_SECOND + "/s: p50 us", Double.parseDouble(delays[0]));
        add(kind, "paced " + PER_SECOND + "/s: p99 us", Double.parseDouble(delays[1]));
    }

    private void add(String kind, String name, double value) {
        figures.computeIfAbsent(name, n -> new LinkedHashMap<>())
                .computeIfAbsent(kind, k -> new ArrayList<>())
                .add(value);
        System.out.printf(Locale.ROOT, "  %s %s %.0f%n", kind, name, value);
    }

    private void print() throws IOException {
        System.out.printf(
                Locale.ROOT,
                "%n%d clients, %d bytes, %d event loops, %d runs of %d s; %d cores, Java %s, %s %s%n",
                clients,
                LiveBenchServers.MESSAGE_BYTES,
                LiveBenchServers.LOOPS,
                runs,
                seconds,
                Runtime.getRuntime().availableProcessors(),
                Runtime.version(),
                System.getProperty("os.name"),
                Files.readString(Path.of("/proc/loadavg")).split(" ")[0] + " load");
        figures.forEach((name, kinds) -> {
            var line = new StringBuilder(String.format("%-34s", name));
            double hub = median(kinds.getOrDefault("hub", List.of()));
            kinds.forEach((kind, values) -> {
                double[] sorted = values.stream().mapToDouble(v -> v).sorted().toArray();
                line.append(String.format(
                        Locale.ROOT,
                        " | %s %,.0f (%,.0f-%,.0f)",
                        kind,
                        median(values),
                        sorted[0],
                        sorted[sorted.length - 1]));
                if (!kind.equals("hub")) {
                    line.append(String.format(Locale.ROOT, " hub/%s %.2f", kind, hub / median(values)));
                }
            });
            System.out.println(line);
        });
    }

    private static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(v -> v).sorted().toArray();
        return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
    }

    private Child server(String kind, int port) throws IOException {
        if (!kind.equals("ws")) {
            return new Child(java("server", kind, String.valueOf(port)));
        }
        Path script = Files.createTempFile("live-bench", ".cjs");
        Files.writeString(script, LiveBenchServers.NODE);
        script.toFile().deleteOnExit();
        String modules = Path.of(nodeModules).toAbsolutePath().toString();
        return new Child(List.of("node", script.toString(), modules, String.valueOf(port)));
    }

    private static List<String> java(String... args) {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-cp",
                System.getProperty("java.class.path"),
                LiveBench.class.getName()));
        command.addAll(Arrays.asList(args));
        return command;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static void pause(int seconds) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** Time of the whole machine in programs, the kernel and interrupts. */
    private static long busyTicks() throws IOException {
        String[] words = Files.readAllLines(Path.of("/proc/stat")).get(0).trim().split(" +");
        long busy = 0;
        for (int field : new int[] {1, 2, 3, 6, 7}) { // neither idle nor waiting for a disk
            busy += Long.parseLong(words[field]);
        }
        return busy;
    }

    /** A process that is ready, and obeys lines. Closing its input ends it. */
    private static final class Child implements AutoCloseable {
        private final Process process;
        private final PrintStream in;
        private final BufferedReader out;

        Child(List<String> command) throws IOException {
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            in = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
            out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            String first = out.readLine();
            if (!"READY".equals(first)) {
                process.destroyForcibly();
                throw new IOException("Not ready: " + first);
            }
        }

        void say(String line) {
            in.println(line);
        }

        String ask(String line) throws IOException {
            say(line);
            return out.readLine();
        }

        long ticks() throws IOException {
            String stat = Files.readString(Path.of("/proc", String.valueOf(process.pid()), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        }

        @Override
        public void close() throws IOException {
            in.close();
            try {
                if (!process.waitFor(5, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }
}
