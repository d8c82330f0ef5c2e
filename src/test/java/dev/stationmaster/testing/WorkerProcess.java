package dev.stationmaster.testing;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** A remote worker in a process of its own, to be killed or stopped. */
public final class WorkerProcess implements AutoCloseable {
    private final Process process;
    private final Path log;

    private WorkerProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** A token for workers. */
    public static String token(Api operator) {
        return operator.post("/tokens", new JsonObject().put("name", "boxes").put("role", "worker"))
                .is(201)
                .json()
                .getString("token");
    }

    public static WorkerProcess start(
            int serverPort, String token, String name, Path folder, Map<String, String> more) {
        var builder = new ProcessBuilder(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.stationmaster.Stationmaster",
                "worker",
                "--server",
                "http://127.0.0.1:" + serverPort,
                "--name",
                name,
                "--data",
                folder.resolve(name).toString()));
        builder.environment().put("STATIONMASTER_WORKER_TOKEN", token);
        builder.environment().put("STATIONMASTER_WORKER_SYNC_SECONDS", "0.5");
        builder.environment().put("STATIONMASTER_JOBS_GRACE_SECONDS", "1");
        builder.environment().put("STATIONMASTER_RUNNERS_PROCESS_CPU", "4");
        builder.environment().put("STATIONMASTER_RUNNERS_PROCESS_GPUS", "0");
        builder.environment().putAll(more);
        try {
            Files.createDirectories(folder);
            Path log = folder.resolve(name + ".log");
            builder.redirectErrorStream(true);
            builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            return new WorkerProcess(builder.start(), log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public WorkerProcess awaitUp(Api api, String name) {
        Awaitility.await("worker " + name + ": " + log())
                .atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> "active".equals(api.get("/workers/" + name).json().getString("state"))
                        && api.items("/runners").encode().contains("\"worker\":\"" + name + "\",\"available\":true"));
        return this;
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** The exit code, once it ended. */
    public int awaitEnd() {
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> !process.isAlive());
        return process.exitValue();
    }

    /** As {@code kill -9}. */
    public void kill() {
        process.destroyForcibly();
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !process.isAlive());
    }

    public String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As Ctrl-C. */
    @Override
    public void close() {
        process.destroy();
        Awaitility.await().atMost(Duration.ofSeconds(40)).until(() -> !process.isAlive());
    }
}
