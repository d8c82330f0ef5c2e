package dev.stationmaster.platform.process;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads Linux's process table. Elsewhere {@link #present()} is false and every answer is empty. */
public final class ProcFs {
    /** The unit of CPU times under {@code /proc}; fixed at 100 in every Linux ABI that Java runs on. */
    public static final int TICKS_PER_SECOND = 100;

    private static final Path PROC = Path.of("/proc");
    private static final boolean PRESENT = Files.isReadable(PROC.resolve("self/stat"));
    private static final long PAGE_BYTES = readPageBytes();

    private ProcFs() {}

    public static boolean present() {
        return PRESENT;
    }

    public static long pageBytes() {
        return PAGE_BYTES;
    }

    public static Optional<ProcessStat> stat(long pid) {
        try {
            // ISO-8859-1: a program's name may be any bytes.
            String line = Files.readString(PROC.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
            return Optional.ofNullable(ProcessStat.parse(pid, line));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The cores this process may use, as {@code 0-3,8}; empty where the system does not say. */
    public static Optional<String> allowedCores() {
        try (var lines = Files.lines(PROC.resolve("self/status"), StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.startsWith("Cpus_allowed_list:"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst();
        } catch (IOException | java.io.UncheckedIOException e) {
            return Optional.empty();
        }
    }

    /** Every process that runs now, zombies left out. One pass takes milliseconds. */
    public static List<ProcessStat> running() {
        List<ProcessStat> found = new ArrayList<>();
        String[] names = PRESENT ? new File("/proc").list() : null;
        if (names == null) {
            return found;
        }
        for (String name : names) {
            if (Character.isDigit(name.charAt(0))) {
                stat(Long.parseLong(name)).filter(ProcessStat::running).ifPresent(found::add);
            }
        }
        return found;
    }

    /** The folder a process stands in, where we may know. */
    public static Optional<Path> workingFolder(long pid) {
        try {
            return Optional.of(Files.readSymbolicLink(PROC.resolve(pid + "/cwd")));
        } catch (IOException | UnsupportedOperationException e) {
            return Optional.empty();
        }
    }

    /** Alive and not a zombie. */
    public static boolean running(ProcessHandle process) {
        return process.isAlive()
                && (!PRESENT || stat(process.pid()).map(ProcessStat::running).orElse(false));
    }

    /** Names a process for ever, over pid reuse and reboots; empty when there is no such process. */
    public static Optional<String> identity(long pid) {
        if (!PRESENT) {
            return ProcessHandle.of(pid)
                    .flatMap(process -> process.info().startInstant())
                    .map(start -> pid + "@" + start);
        }
        return stat(pid).map(found -> identity(pid, found.startTicks()));
    }

    private static String identity(long pid, long startTicks) {
        try {
            return pid + "@" + startTicks + "@"
                    + Files.readString(PROC.resolve("sys/kernel/random/boot_id"))
                            .trim();
        } catch (IOException e) {
            return pid + "@" + startTicks;
        }
    }

    private static long readPageBytes() {
        try (var lines = Files.lines(PROC.resolve("self/smaps"), StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.startsWith("KernelPageSize:"))
                    .findFirst()
                    .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
                    .orElse(4096L);
        } catch (IOException e) {
            return 4096L;
        }
    }
}
