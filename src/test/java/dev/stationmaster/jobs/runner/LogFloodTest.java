package dev.stationmaster.jobs.runner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.jobs.runner.RunnerKit.Recorder;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFloodTest {
    @TempDir
    Path temp;

    @Test
    void a_flood_of_lines_all_arrive_in_bounded_batches() {
        Counting counting = run("yes | head -c 100000000");
        assertThat(counting.count).isEqualTo(50_000_000);
        assertThat(counting.largest).isLessThanOrEqualTo(1_000);
        assertThat(counting.grownBytes).isLessThan(64L << 20);
    }

    @Test
    void one_line_of_50_megabytes_is_cut() {
        Counting counting = run("head -c 50000000 /dev/zero | tr '\\0' x; echo; echo after");
        assertThat(counting.count).isEqualTo(2);
        assertThat(counting.first)
                .hasSizeLessThan(66_000)
                .endsWith("x … [line cut: " + (50_000_000 - 65_536) + " bytes]");
        assertThat(counting.last).isEqualTo("after");
    }

    @Test
    void fifty_attempts_at_once_all_tell_everything() {
        Vertx vertx = Vertx.vertx();
        try {
            RunnerKit kit = new RunnerKit(vertx, temp);
            var runner = new ProcessRunner(vertx, Clock.system(), temp, ProcessRunnerSettings.defaults(Resources.NONE));
            List<Recorder> recorders = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                recorders.add(kit.launch(
                        runner,
                        kit.sh("seq 1 2000; sleep 1; seq 2001 4000; exit " + i).build()));
            }
            for (int i = 0; i < 50; i++) {
                assertThat(recorders.get(i).exit().code()).isEqualTo(i);
                assertThat(recorders.get(i).lines).hasSize(4000).startsWith("1").endsWith("4000");
            }
            kit.onLoop(() -> runner.close(RunnerKit.GRACE));
            assertThat(recorders).allMatch(recorder -> recorder.exits == 1);
            assertThat(temp.resolve("run")).isEmptyDirectory();
        } finally {
            RunnerKit.await(vertx.close());
        }
    }

    private Counting run(String script) {
        Vertx vertx = Vertx.vertx();
        try {
            RunnerKit kit = new RunnerKit(vertx, temp);
            var runner = new ProcessRunner(vertx, Clock.system(), temp, ProcessRunnerSettings.defaults(Resources.NONE));
            Counting counting = new Counting();
            kit.launch(runner, kit.sh(script).build(), counting);
            assertThat(counting.exit().code()).isZero();
            return counting;
        } finally {
            RunnerKit.await(vertx.close());
        }
    }

    /** What the heap really holds; other tests of this JVM leave garbage. */
    private static long live() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private static final class Counting extends Recorder {
        long count;
        int largest;
        final long before = live();
        long grownBytes;
        String first = "";
        String last = "";

        @Override
        void keep(List<String> batch) {
            if (count == 0) {
                first = batch.get(0);
            }
            last = batch.get(batch.size() - 1);
            count += batch.size();
            largest = Math.max(largest, batch.size());
            if (count % 10_000_000 < batch.size()) {
                grownBytes = Math.max(grownBytes, live() - before);
            }
        }
    }
}
