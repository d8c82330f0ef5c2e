package dev.stationmaster.jobs.runner.gpu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs {@code nvidia-smi}. Blocks, but never for longer than the timeout; one that the kernel holds is not joined by
 * another. Not thread-safe.
 */
final class NvidiaSmi {
    private static final int MAX_BYTES = 8 << 20;

    enum Outcome {
        ANSWERED,
        /** No such program: no NVIDIA driver. */
        MISSING,
        HUNG
    }

    /** @param text what it wrote, on both streams: errors come on either */
    record Answer(Outcome outcome, int exitCode, String text) {
        boolean good() {
            return outcome == Outcome.ANSWERED && exitCode == 0;
        }
    }

    private final String program;
    private final Duration timeout;
    private @Nullable Process stuck;

    NvidiaSmi(String program, Duration timeout) {
        this.program = program;
        this.timeout = timeout;
    }

    Answer run(String... arguments) {
        Process before = stuck;
        if (before != null && before.isAlive()) {
            return new Answer(Outcome.HUNG, -1, "");
        }
        stuck = null;
        var command = new ArrayList<>(List.of(program));
        command.addAll(List.of(arguments));
        try {
            Path output = Files.createTempFile("nvidia-smi", ".out"); // a pipe could be held open by a child
            try {
                return run(command, output);
            } finally {
                Files.deleteIfExists(output);
            }
        } catch (IOException e) {
            boolean missing = String.valueOf(e.getMessage()).contains("error=2,");
            return new Answer(missing ? Outcome.MISSING : Outcome.ANSWERED, -1, String.valueOf(e.getMessage()));
        }
    }

    private Answer run(List<String> command, Path output) throws IOException {
        Process smi = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            smi.getOutputStream().close();
            if (smi.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                try (var in = Files.newInputStream(output)) {
                    return new Answer(
                            Outcome.ANSWERED,
                            smi.exitValue(),
                            new String(in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        smi.descendants().forEach(ProcessHandle::destroyForcibly);
        smi.destroyForcibly();
        stuck = smi;
        return new Answer(Outcome.HUNG, -1, "");
    }
}
