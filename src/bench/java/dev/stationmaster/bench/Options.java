package dev.stationmaster.bench;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code --name value} pairs, and the temporary folder of the run. */
final class Options {
    private final Map<String, String> values = new LinkedHashMap<>();
    private final Path work;

    Options(String[] args, int from) throws IOException {
        for (int i = from; i + 1 < args.length; i += 2) {
            values.put(args[i], args[i + 1]);
        }
        String given = text("--work", "");
        work = given.isEmpty()
                ? Files.createTempDirectory("stationmaster-bench")
                : Files.createDirectories(Path.of(given));
    }

    String text(String name, String fallback) {
        return values.getOrDefault(name, fallback);
    }

    int number(String name, int fallback) {
        return Integer.parseInt(text(name, Integer.toString(fallback)));
    }

    int runs() {
        return number("--runs", 3);
    }

    /** Where logs, scripts and data of the run are. */
    Path work() {
        return work;
    }

    Path log(String name) {
        return work.resolve(name + ".log");
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
