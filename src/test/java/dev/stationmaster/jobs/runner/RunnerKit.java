package dev.stationmaster.jobs.runner;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/** Calls a runner on one event loop, as the jobs feature does, and records what it reports. */
final class RunnerKit {
    static final Duration GRACE = Duration.ofSeconds(2);

    private final Context context;
    private final Path temp;

    RunnerKit(Vertx vertx, Path temp) {
        this.context = vertx.getOrCreateContext();
        this.temp = temp;
    }

    <T> T onLoop(Supplier<Future<T>> action) {
        Promise<T> promise = Promise.promise();
        context.runOnContext(ignored -> action.get().onComplete(promise));
        return await(promise.future());
    }

    static <T> T await(Future<T> future) {
        try {
            return future.await(60, TimeUnit.SECONDS);
        } catch (java.util.concurrent.TimeoutException e) {
            throw new AssertionError("nothing within 60 s", e);
        }
    }

    Recorder launch(Runner runner, Launch launch) {
        return launch(runner, launch, new Recorder());
    }

    Recorder launch(Runner runner, Launch launch, Recorder recorder) {
        onLoop(() -> runner.launch(launch, recorder));
        return recorder;
    }

    void stop(Runner runner, Launch launch, Duration grace) {
        context.runOnContext(ignored -> runner.stop(launch.jobId(), launch.lease(), grace));
    }

    Builder sh(String script) {
        return command("sh", "-c", script);
    }

    Builder command(String... command) {
        return new Builder(List.of(command));
    }

    final class Builder {
        private final List<String> command;
        private Map<String, String> env = Map.of();
        private Path workingDir;
        private long memoryBytes;
        private Duration limit;
        private String spec = "{}";
        private UUID jobId = UUID.randomUUID();
        private int attempt = 1;
        private int replicas = 1;
        private String image;

        private Builder(List<String> command) {
            this.command = command;
        }

        Builder env(String name, String value) {
            env = Map.of(name, value);
            return this;
        }

        Builder in(Path folder) {
            workingDir = folder;
            return this;
        }

        Builder memory(long bytes) {
            memoryBytes = bytes;
            return this;
        }

        Builder limit(Duration wallClock) {
            limit = wallClock;
            return this;
        }

        Builder spec(String json) {
            spec = json;
            return this;
        }

        Builder job(UUID id, int number) {
            jobId = id;
            attempt = number;
            return this;
        }

        Builder image(String name) {
            image = name;
            return this;
        }

        Builder replicas(int n) {
            replicas = n;
            return this;
        }

        Launch build() {
            Path jobDir = temp.resolve("jobs").resolve(jobId.toString());
            try {
                Files.createDirectories(jobDir.resolve("attempt-" + attempt));
                Files.createDirectories(jobDir.resolve("checkpoints"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            Resources limits = new Resources(1000, memoryBytes, 0, 0);
            return new Launch(
                    jobId,
                    attempt,
                    attempt,
                    0,
                    replicas,
                    image,
                    command,
                    env,
                    workingDir,
                    jobDir,
                    limits,
                    limit,
                    GRACE,
                    spec,
                    null);
        }
    }

    /** Events of one attempt; written on the event loop, read after {@link #exit()}. */
    static class Recorder implements RunnerEvents {
        final List<String> lines = new ArrayList<>();
        final List<String> notes = new ArrayList<>();
        final List<Usage> usages = new ArrayList<>();
        final Promise<Exit> exit = Promise.promise();
        final Promise<Void> firstLine = Promise.promise();
        final Promise<Void> firstUsage = Promise.promise();
        private final Function<List<String>, Future<Void>> sink;
        int exits;

        Recorder() {
            this(lines -> Future.succeededFuture());
        }

        Recorder(Function<List<String>, Future<Void>> sink) {
            this.sink = sink;
        }

        @Override
        public Future<Void> lines(List<String> batch) {
            keep(batch);
            firstLine.tryComplete();
            return sink.apply(batch);
        }

        void keep(List<String> batch) {
            lines.addAll(batch);
        }

        @Override
        public Future<Void> notes(List<String> batch) {
            notes.addAll(batch);
            return Future.succeededFuture();
        }

        @Override
        public void usage(Usage usage) {
            usages.add(usage);
            if (usage.cpuCores() != null) {
                firstUsage.tryComplete();
            }
        }

        @Override
        public void exited(Exit reported) {
            exits++;
            exit.tryComplete(reported);
        }

        Exit exit() {
            return await(exit.future());
        }
    }
}
