package dev.stationmaster.jobs.runner;

import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;

/** A server that runs one program which ignores SIGTERM, to be killed by a test. Hands on the program's lines. */
public final class RunnerMain {
    private RunnerMain() {}

    public static void main(String[] args) {
        Vertx vertx = Vertx.vertx();
        Path dataDir = Path.of(args[0]);
        RunnerKit kit = new RunnerKit(vertx, dataDir);
        var runner = new ProcessRunner(vertx, Clock.system(), dataDir, ProcessRunnerSettings.defaults(Resources.NONE));
        kit.launch(
                runner,
                kit.sh("trap '' TERM PIPE; sleep 99 & echo \"PIDS $$ $!\"; while :; do sleep 1; done")
                        .build(),
                new RunnerKit.Recorder(lines -> {
                    lines.forEach(System.out::println);
                    return Future.succeededFuture();
                }));
    }
}
