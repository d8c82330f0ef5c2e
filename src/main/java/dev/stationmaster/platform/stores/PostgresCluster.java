package dev.stationmaster.platform.stores;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes PostgreSQL's data folder once. It is built beside its place and moved there when complete, so that a folder
 * with the final name is always a whole one and is never rebuilt.
 */
final class PostgresCluster {
    static final String NAME = "stationmaster";

    private static final Logger log = LoggerFactory.getLogger(PostgresCluster.class);
    private static final int WAIT_SECONDS = 180;

    private final Path binaries;
    private final OrdinaryUser user;
    private final Path folder;

    /** {@code folder} holds the final {@code data}, the half-made {@code data.new} and the password. */
    PostgresCluster(Path binaries, OrdinaryUser user, Path folder) {
        this.binaries = binaries;
        this.user = user;
        this.folder = folder;
    }

    Path data() {
        return folder.resolve("data");
    }

    void createIfMissing(Path passwordFile) throws IOException {
        Path fresh = folder.resolve("data.new");
        PrivateFiles.deleteTree(fresh);
        if (Files.isDirectory(data())) {
            return;
        }
        log.info("Creating the PostgreSQL data folder {}", data());
        run(
                List.of(
                        program("initdb"),
                        "-D", // apart from its value: Orphans looks for the path
                        fresh.toString(),
                        "--username=" + NAME,
                        "--pwfile=" + passwordFile,
                        "--auth=scram-sha-256",
                        "--encoding=UTF8",
                        "--locale=C",
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8"),
                "");
        run(
                List.of(program("postgres"), "--single", "-D", fresh.toString(), "template1"),
                "CREATE DATABASE " + NAME + ";\n");
        Files.move(fresh, data(), StandardCopyOption.ATOMIC_MOVE);
    }

    String program(String name) {
        return binaries.resolve("bin").resolve(name).toString();
    }

    private void run(List<String> command, String input) throws IOException {
        List<String> whole = new ArrayList<>(user.prefix());
        whole.addAll(command);
        Path output = folder.resolve("initdb.log");
        ProcessBuilder builder =
                new ProcessBuilder(whole).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().keySet().retainAll(StoreProcess.PASSED_ON);
        builder.environment().put("LC_ALL", "C");
        builder.environment().put("TZ", "UTC"); // else initdb tries out every time zone it knows
        Process process = builder.start();
        try (var stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        }
        try {
            if (!process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new StoresException("Creating the PostgreSQL data folder took over " + WAIT_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new StoresException("Interrupted while creating the PostgreSQL data folder", e);
        }
        String said = Files.readString(output, StandardCharsets.ISO_8859_1).strip();
        if (process.exitValue() != 0 || said.contains("ERROR:")) { // --single ends with 0 after an error
            throw new StoresException("Can't create the PostgreSQL data folder " + data() + ": " + said);
        }
    }
}
