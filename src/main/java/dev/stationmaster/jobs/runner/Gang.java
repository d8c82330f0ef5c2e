package dev.stationmaster.jobs.runner;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Replicas of one attempt that run at once, seen as one. Lines say which replica wrote them ({@code [2] …}); those of
 * replica 0 that may be metrics pass as they are, for its metrics are those of the job. Lives on one event loop.
 */
final class Gang {
    private final int replicas;
    private final RunnerEvents events;
    private final Runnable stopRest;
    private final @Nullable Usage[] usage;
    private final boolean[] over;
    private final Promise<Void> allOver = Promise.promise();
    private int left;
    private @Nullable Exit failure;
    private boolean started;
    private @Nullable Exit end;

    /** @param stopRest asks all replicas that still run to end */
    Gang(int replicas, RunnerEvents events, Runnable stopRest) {
        this.replicas = replicas;
        this.events = events;
        this.stopRest = stopRest;
        this.usage = new Usage[replicas];
        this.over = new boolean[replicas];
        this.left = replicas;
    }

    /** What the runner tells of one replica. */
    RunnerEvents events(int replica) {
        return new RunnerEvents() {
            @Override
            public Future<Void> lines(List<String> lines) {
                return events.lines(lines.stream()
                        .map(line -> replica == 0 && line.startsWith("{") ? line : "[" + replica + "] " + line)
                        .toList());
            }

            @Override
            public Future<Void> notes(List<String> lines) {
                return events.notes(
                        lines.stream().map(line -> "[" + replica + "] " + line).toList());
            }

            @Override
            public void usage(Usage measured) {
                usage[replica] = measured;
                if (replica == firstRunning()) { // once for all
                    events.usage(sum());
                }
            }

            @Override
            public void exited(Exit exit) {
                Exit named = new Exit(
                        exit.cause(), exit.code(), "replica " + replica + " of " + replicas + " " + exit.message());
                over(
                        replica,
                        exit.cause() == Exit.Cause.EXITED && Integer.valueOf(0).equals(exit.code()) ? null : named);
            }
        };
    }

    /** The replica will report nothing. */
    void notStarted(int replica) {
        over(replica, null);
    }

    /** From now on the end may be told. */
    void allStarted() {
        started = true;
        if (failure != null) {
            stopRest.run();
        }
        if (end != null) {
            events.exited(end);
        }
    }

    /** Where not all could be started: completes when none of the others runs any more, and nobody is told. */
    Future<Void> silentEnd() {
        return allOver.future();
    }

    private void over(int replica, @Nullable Exit failed) {
        over[replica] = true;
        left--;
        if (failed != null && failure == null) {
            failure = failed;
            if (started && left > 0) {
                stopRest.run();
            }
        }
        if (left == 0) {
            allOver.complete();
            Exit last = failure == null
                    ? new Exit(Exit.Cause.EXITED, 0, "all " + replicas + " replicas exited with code 0")
                    : failure;
            end = last;
            if (started) {
                events.exited(last);
            }
        }
    }

    private int firstRunning() {
        int first = 0;
        while (first < replicas && over[first]) {
            first++;
        }
        return first;
    }

    /** What none of those that run has measured is unknown. */
    private Usage sum() {
        var measured = new ArrayList<Usage>();
        for (int i = 0; i < replicas; i++) {
            Usage one = usage[i];
            if (one != null && !over[i]) {
                measured.add(one);
            }
        }
        var cpu = measured.stream().map(Usage::cpuCores).filter(v -> v != null).toList();
        var memory =
                measured.stream().map(Usage::memoryBytes).filter(v -> v != null).toList();
        return new Usage(
                cpu.isEmpty()
                        ? null
                        : cpu.stream().mapToDouble(Double::doubleValue).sum(),
                memory.isEmpty()
                        ? null
                        : memory.stream().mapToLong(Long::longValue).sum());
    }
}
