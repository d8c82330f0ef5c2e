package dev.stationmaster.jobs.runner;

import dev.stationmaster.platform.process.ProcFs;
import dev.stationmaster.platform.process.Waits;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Starts the program of an attempt in a session of its own, with a clean environment and its output in a pipe. What it
 * puts before the program ({@code setsid}, {@code prlimit}, {@code nice}, {@code taskset}) replaces itself by the next, so the pid stays
 * that of the program. Blocks.
 */
final class ProcessLauncher {
    /** All that a program gets of the server's environment, which holds secrets. */
    private static final List<String> PASSED_ON = List.of("PATH", "HOME", "LANG", "TMPDIR", "JAVA_HOME");

    private static final String DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";
    private static final Duration SESSION_OPENS = Duration.ofSeconds(2);

    private final AttemptRecords records;
    private final List<String> prefix;
    private final boolean session;
    private final Optional<Path> taskset;

    ProcessLauncher(AttemptRecords records) {
        this.records = records;
        this.prefix = new ArrayList<>();
        String path = System.getenv().getOrDefault("PATH", DEFAULT_PATH);
        ProgramPath.find("setsid", path).ifPresent(program -> prefix.add(program.toString()));
        this.session = ProcFs.present() && !prefix.isEmpty();
        this.taskset = ProgramPath.find("taskset", path);
        // No core files: with many attempts they fill the disk.
        ProgramPath.find("prlimit", path)
                .ifPresent(program -> prefix.addAll(List.of(program.toString(), "--core=0:0")));
        // Under full load the server must still see its timers.
        ProgramPath.find("nice", path).ifPresent(program -> prefix.addAll(List.of(program.toString(), "-n", "5")));
    }

    /** @param output everything the program and its children write; ends when the last of them is gone */
    record Started(Process process, ProcessGroup group, FileChannel output) {}

    /** @param cores what {@code taskset} shall hold it to; empty: all */
    Started start(Launch launch, Optional<String> cores) {
        Path workingDir = launch.workingDir() == null
                ? launch.jobDir().resolve("attempt-" + launch.attempt())
                : launch.workingDir();
        if (!Files.isDirectory(workingDir)) {
            throw new LaunchException("The working directory " + workingDir + " does not exist on this runner.");
        }
        if (launch.command().isEmpty()) {
            throw new LaunchException("The command is empty: an agent on the process runner needs one.");
        }
        ProcessBuilder builder = new ProcessBuilder().directory(workingDir.toFile());
        try {
            setEnvironment(builder.environment(), launch.env());
            String path = builder.environment().getOrDefault("PATH", DEFAULT_PATH);
            List<String> command = new ArrayList<>(prefix);
            if (taskset.isPresent() && cores.isPresent()) {
                command.addAll(List.of(taskset.get().toString(), "-c", cores.get()));
            }
            command.add(ProgramPath.resolve(launch.command().get(0), workingDir.toAbsolutePath(), path)
                    .toString());
            command.addAll(launch.command().subList(1, launch.command().size()));
            return start(builder.command(command), launch.jobId() + "-" + launch.lease() + "-" + launch.replica());
        } catch (IllegalArgumentException e) { // its text may quote the value of a secret
            throw new LaunchException("The environment or the command of the agent holds a NUL character.");
        } catch (IOException e) {
            throw new LaunchException(
                    "The command '" + launch.command().get(0) + "' could not be started: " + e.getMessage());
        }
    }

    /** A program that looks at the one of this launch: same environment, same folder, its output is thrown away. */
    Process beside(Launch launch, List<String> command) throws IOException {
        Path folder = launch.workingDir() == null ? launch.jobDir() : launch.workingDir();
        ProcessBuilder builder = new ProcessBuilder().directory(folder.toFile());
        setEnvironment(builder.environment(), launch.env());
        String path = builder.environment().getOrDefault("PATH", DEFAULT_PATH);
        List<String> program = new ArrayList<>(command);
        program.set(
                0,
                ProgramPath.resolve(command.get(0), folder.toAbsolutePath(), path)
                        .toString());
        return builder.command(program)
                .redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static void setEnvironment(Map<String, String> child, Map<String, String> wanted) {
        child.keySet().retainAll(PASSED_ON);
        child.putAll(wanted);
    }

    @SuppressWarnings("try") // bothEnds is only held open
    private Started start(ProcessBuilder builder, String name) throws IOException {
        Path pipe = namedPipe(name);
        // Held open for both ends at first, so that opening either end does not wait for the other.
        try (RandomAccessFile bothEnds = new RandomAccessFile(pipe.toFile(), "rw")) {
            FileChannel output = FileChannel.open(pipe, StandardOpenOption.READ);
            try {
                Process process = builder.redirectErrorStream(true)
                        .redirectInput(new File("/dev/null"))
                        .redirectOutput(pipe.toFile())
                        .start();
                return new Started(process, note(process, name), output);
            } catch (IOException | RuntimeException e) {
                output.close();
                throw e;
            }
        } finally {
            Files.deleteIfExists(pipe);
        }
    }

    private ProcessGroup note(Process process, String name) throws IOException {
        long pid = process.pid();
        ProcessGroup group = new ProcessGroup(pid, ProcFs.identity(pid).orElse(pid + "@gone"), session);
        try {
            records.write(name, group);
        } catch (IOException e) {
            process.destroyForcibly();
            throw e;
        }
        if (session) { // before that a signal to the group would reach nobody
            Waits.until(() -> !process.isAlive() || !group.members().isEmpty(), SESSION_OPENS);
        }
        return group;
    }

    /**
     * Not the pipe that Java makes: when the program ends, Java reads that one to its end into memory, without bound
     * while a grandchild still writes, and never returns while a silent grandchild holds it.
     */
    private Path namedPipe(String name) throws IOException {
        Path pipe = records.folder().toAbsolutePath().resolve(name + ".out");
        Files.deleteIfExists(pipe);
        Process mkfifo = new ProcessBuilder("mkfifo", "-m", "600", pipe.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            if (mkfifo.waitFor() != 0) {
                throw new IOException("can't create the pipe " + pipe);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        return pipe;
    }
}
