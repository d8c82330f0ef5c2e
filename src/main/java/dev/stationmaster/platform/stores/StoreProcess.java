package dev.stationmaster.platform.stores;

import dev.stationmaster.platform.process.ProcFs;
import dev.stationmaster.platform.process.Signals;
import dev.stationmaster.platform.process.Waits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one {@link StoreServer} running: starts it on a free port, waits until it serves, starts it again on the same
 * port whenever it ends unasked, and ends it cleanly. Thread-safe; {@link #start} and {@link #close} block.
 */
final class StoreProcess implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StoreProcess.class);
    private static final Duration READY = Duration.ofMinutes(2);
    private static final Duration CLEAN_END = Duration.ofSeconds(15);
    private static final Duration FORCED_END = Duration.ofSeconds(5);
    private static final long FIRST_DELAY_MILLIS = 100;
    private static final long MAX_DELAY_MILLIS = 10_000;
    private static final long STEADY_NANOS = Duration.ofMinutes(1).toNanos();
    private static final int PORT_ATTEMPTS = 3;
    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    private static final long MAX_LOG_BYTES = 1 << 20;
    private static final int LOG_TAIL_LINES = 8;
    /** The server's own environment holds secrets: no child sees it. */
    static final Set<String> PASSED_ON = Set.of("PATH", "HOME", "TMPDIR");

    private final StoreServer server;
    private final ScheduledExecutorService restarts;
    private volatile @Nullable Process process;
    private volatile int port;
    private volatile boolean closing;
    private long readySince;
    private long delayMillis = FIRST_DELAY_MILLIS;

    StoreProcess(StoreServer server) {
        this.server = server;
        this.restarts = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "restart-" + server.name());
            thread.setDaemon(true);
            return thread;
        });
    }

    synchronized void start() {
        for (int attempt = 1; ; attempt++) {
            port = freePort();
            try {
                launch();
                return;
            } catch (StoresException e) {
                // Another program may take the port in the moment between choosing and using it.
                boolean portTaken = String.valueOf(e.getMessage()).contains("Address already in use");
                if (!portTaken || attempt == PORT_ATTEMPTS) {
                    restarts.shutdownNow();
                    throw e;
                }
            }
        }
    }

    int port() {
        return port;
    }

    long pid() {
        Process current = process;
        return current == null ? -1 : current.pid();
    }

    private void launch() {
        long begin = System.nanoTime();
        Process started = spawn();
        process = started;
        boolean answered = Waits.until(() -> closing || !started.isAlive() || ready(started), READY);
        if (closing || !started.isAlive() || !answered) {
            end(started);
            throw new StoresException("The embedded " + server.name() + " did not start on port " + port + ". Its log "
                    + server.logFile() + " ends with: " + logTail());
        }
        readySince = System.nanoTime();
        log.info("{} serves on 127.0.0.1:{} after {} ms", server.name(), port, (readySince - begin) / 1_000_000);
        var unused = started.onExit().thenAccept(this::onExit);
    }

    private Process spawn() {
        List<String> command = new ArrayList<>();
        if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
            // Its own session: Ctrl-C in the terminal reaches the server only, which then ends its stores in order.
            command.add("/usr/bin/setsid");
        }
        command.addAll(server.command(port));
        try {
            Path logFile = server.logFile();
            if (Files.exists(logFile) && Files.size(logFile) > MAX_LOG_BYTES) {
                Files.move(
                        logFile,
                        logFile.resolveSibling(logFile.getFileName() + ".1"),
                        StandardCopyOption.REPLACE_EXISTING);
            }
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile.toFile()));
            builder.environment().keySet().retainAll(PASSED_ON);
            builder.environment().put("LC_ALL", "C");
            builder.environment().put("TZ", "UTC");
            Process started = builder.start();
            started.getOutputStream().close();
            return started;
        } catch (IOException e) {
            throw new StoresException("Can't start the embedded " + server.name() + ": " + e.getMessage(), e);
        }
    }

    private boolean ready(Process started) {
        try {
            return server.ready(started.pid(), port);
        } catch (IOException e) { // not yet
            return false;
        }
    }

    private synchronized void onExit(Process ended) {
        if (closing) {
            return;
        }
        if (System.nanoTime() - readySince > STEADY_NANOS) {
            delayMillis = FIRST_DELAY_MILLIS;
        }
        log.error("{} ended by itself with code {}: starting it again", server.name(), ended.exitValue());
        restartLater();
    }

    private void restartLater() {
        long delay = delayMillis;
        delayMillis = Math.min(delayMillis * 2, MAX_DELAY_MILLIS);
        try {
            var unused = restarts.schedule(this::restart, delay, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("{} is closed: no restart", server.name());
        }
    }

    private synchronized void restart() {
        if (closing) {
            return;
        }
        try {
            server.afterCrash();
            launch();
        } catch (StoresException e) {
            log.warn("{} Next attempt in {} ms.", e.getMessage(), delayMillis);
            restartLater();
        }
    }

    /** Ends the server cleanly, by force after a while. */
    @Override
    public void close() {
        closing = true; // outside the lock: cuts short a start that is under way
        restarts.shutdownNow();
        synchronized (this) {
            Process current = process;
            if (current != null) {
                end(current);
            }
        }
    }

    private void end(Process running) {
        if (!running.isAlive()) {
            return;
        }
        Signals.send(server.stopSignal(), running.pid());
        if (!Waits.until(() -> !ProcFs.running(running.toHandle()), CLEAN_END)) {
            log.warn("{} did not end in {} s: ended by force", server.name(), CLEAN_END.toSeconds());
            running.destroyForcibly();
            Waits.until(() -> !running.isAlive(), FORCED_END);
        }
    }

    private String logTail() {
        try {
            List<String> lines = Files.readString(server.logFile(), StandardCharsets.ISO_8859_1)
                    .lines()
                    .toList();
            return String.join(" | ", lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
        } catch (IOException e) {
            return "(unreadable)";
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByAddress(LOOPBACK))) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new StoresException("There is no free port on 127.0.0.1: " + e.getMessage(), e);
        }
    }
}
