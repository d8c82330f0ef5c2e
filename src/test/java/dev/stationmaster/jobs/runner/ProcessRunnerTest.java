package dev.stationmaster.jobs.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.stationmaster.jobs.runner.RunnerKit.Recorder;
import dev.stationmaster.platform.process.ProcFs;
import dev.stationmaster.platform.process.Waits;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessRunnerTest {
    @TempDir
    Path temp;

    private Vertx vertx;
    private RunnerKit kit;
    private ProcessRunner runner;

    @BeforeEach
    void start() {
        vertx = Vertx.vertx();
        kit = new RunnerKit(vertx, temp);
        var capacity = new Resources(2000, 1L << 30, 0, 0);
        runner = new ProcessRunner(vertx, Clock.system(), temp, ProcessRunnerSettings.defaults(capacity));
    }

    @AfterEach
    void stop() {
        RunnerKit.await(vertx.close());
    }

    @Test
    void reports_lines_of_both_streams_in_order_then_the_code_once() throws Exception {
        Recorder recorder = kit.launch(
                runner,
                kit.sh("echo one; echo two >&2; printf 'no line end'; exit 3").build());
        assertThat(recorder.exit()).isEqualTo(new Exit(Exit.Cause.EXITED, 3, "exited with code 3"));
        assertThat(recorder.lines).containsExactly("one", "two", "no line end");
        kit.onLoop(() -> runner.close(RunnerKit.GRACE));
        assertThat(recorder.exits).isEqualTo(1);
        try (var notes = Files.list(temp.resolve("run"))) {
            assertThat(notes).isEmpty();
        }
    }

    @Test
    void passes_arguments_as_they_are() {
        Recorder recorder = kit.launch(
                runner, kit.command("echo", "a b", "$HOME", "`id`", "*", ";").build());
        recorder.exit();
        assertThat(recorder.lines).containsExactly("a b $HOME `id` * ;");
    }

    @Test
    void gives_the_program_a_clean_environment_and_no_input() {
        Recorder recorder =
                kit.launch(runner, kit.sh("env; cat").env("MY_SECRET", "s3cret").build());
        assertThat(recorder.exit().code()).isZero();
        Set<String> allowed =
                Set.of("PATH", "HOME", "LANG", "TMPDIR", "JAVA_HOME", "MY_SECRET", "PWD", "SHLVL", "_", "OLDPWD");
        assertThat(recorder.lines).contains("MY_SECRET=s3cret").allSatisfy(line -> assertThat(allowed)
                .contains(line.substring(0, line.indexOf('='))));
    }

    @Test
    void programs_write_no_core_files() {
        assumeTrue(new File("/usr/bin/prlimit").canExecute(), "there is no prlimit here");
        Recorder recorder = kit.launch(runner, kit.sh("ulimit -c").build());
        recorder.exit();
        assertThat(recorder.lines).containsExactly("0");
    }

    @Test
    void secrets_are_not_in_the_text_of_a_launch() {
        assertThat(kit.sh("true").env("MY_SECRET", "s3cret").build().toString()).doesNotContain("s3cret");
    }

    @Test
    void says_what_is_wrong_with_a_command_that_cannot_start() throws Exception {
        Path script = Files.writeString(temp.resolve("script"), "#!/bin/sh\n");
        refuse(kit.command("no-such-program"), "'no-such-program' was not found in PATH");
        refuse(kit.command("./no-such-file").in(temp), "does not exist", temp.toString());
        refuse(kit.command("./script").in(temp), "chmod +x " + temp.resolve("./script"));
        refuse(kit.command("./").in(temp), "is not a file");
        refuse(kit.command("sh").in(temp.resolve("nowhere")), "working directory", "nowhere");
        refuse(kit.command(), "empty");
        refuse(kit.command("echo", "a\0b"), "could not be started");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        assertThat(kit.launch(runner, kit.command("./script").in(temp).build())
                        .exit()
                        .code())
                .isZero();
    }

    private void refuse(RunnerKit.Builder launch, String... parts) {
        Recorder recorder = new Recorder();
        assertThatThrownBy(() -> kit.launch(runner, launch.build(), recorder))
                .isInstanceOf(LaunchException.class)
                .hasMessageContainingAll(parts);
        assertThat(recorder.exits).isZero();
    }

    @Test
    void stop_lets_the_program_end_in_order() {
        Launch launch = kit.sh("trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.05; done")
                .build();
        Recorder recorder = kit.launch(runner, launch);
        RunnerKit.await(recorder.firstLine.future());
        kit.stop(runner, launch, Duration.ofSeconds(20));
        assertThat(recorder.exit()).isEqualTo(new Exit(Exit.Cause.STOPPED, 5, "stopped on request"));
        assertThat(recorder.lines).startsWith("ready").endsWith("bye");
    }

    @Test
    void stop_kills_a_whole_family_that_ignores_sigterm() {
        Launch launch = kit.sh(
                        "trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & echo $!; wait; wait; sleep 99")
                .build();
        Recorder recorder = kit.launch(runner, launch);
        RunnerKit.await(recorder.firstLine.future());
        kit.stop(runner, launch, Duration.ofMillis(300));
        Exit exit = recorder.exit();
        assertThat(exit.cause()).isEqualTo(Exit.Cause.STOPPED);
        assertThat(exit.code()).isEqualTo(137);
        assertThat(runs(recorder.lines.get(0))).isFalse();
    }

    @Test
    void children_get_the_grace_too_when_their_leader_ends_first() {
        Launch launch = kit.sh("sh -c \"trap 'sleep 0.4; echo child done; exit' TERM; echo ready;"
                        + " while :; do sleep 0.05; done\" & trap 'exit 0' TERM; while :; do sleep 0.05; done")
                .build();
        Recorder recorder = kit.launch(runner, launch);
        RunnerKit.await(recorder.firstLine.future());
        kit.stop(runner, launch, Duration.ofSeconds(20));
        assertThat(recorder.exit().cause()).isEqualTo(Exit.Cause.STOPPED);
        assertThat(recorder.lines).startsWith("ready").endsWith("child done");
    }

    @Test
    void a_stop_that_comes_before_the_start_still_counts() {
        Launch launch = kit.sh("sleep 99").build();
        Recorder recorder = new Recorder();
        kit.onLoop(() -> {
            Future<Void> started = runner.launch(launch, recorder);
            runner.stop(launch.jobId(), launch.lease(), RunnerKit.GRACE);
            return started;
        });
        assertThat(recorder.exit().cause()).isEqualTo(Exit.Cause.STOPPED);
        assertThat(recorder.exit().code()).isEqualTo(143);
    }

    @Test
    void the_wall_clock_limit_ends_it() {
        Recorder recorder = kit.launch(
                runner, kit.sh("sleep 99").limit(Duration.ofMillis(300)).build());
        assertThat(recorder.exit()).isEqualTo(new Exit(Exit.Cause.TIMEOUT, 143, "ran longer than its limit of 300 ms"));
    }

    @Test
    void the_memory_limit_counts_the_whole_family() {
        Recorder recorder = kit.launch(
                runner,
                kit.sh("head -c 200000000 /dev/zero | tail -c 199999999 | (sleep 30; wc -c)")
                        .memory(100 << 20)
                        .build());
        Exit exit = recorder.exit();
        assertThat(exit.cause()).isEqualTo(Exit.Cause.OUT_OF_MEMORY);
        assertThat(exit.message()).contains("more than its limit of 100 MiB");
    }

    @Test
    void measures_the_processor_time_of_children() {
        Launch launch = kit.sh("(while :; do :; done) & wait").build();
        Recorder recorder = kit.launch(runner, launch);
        RunnerKit.await(recorder.firstUsage.future());
        kit.stop(runner, launch, RunnerKit.GRACE);
        recorder.exit();
        assertThat(recorder.usages).anySatisfy(usage -> {
            assertThat(usage.cpuCores()).isBetween(0.05, 1.5);
            assertThat(usage.memoryBytes()).isBetween(100_000L, 100_000_000L);
        });
    }

    @Test
    void nothing_outlives_the_end_of_the_leader() {
        Recorder recorder = kit.launch(
                runner,
                kit.sh("sleep 99 & echo $!; yes > /dev/null & echo $!; exit 0").build());
        assertThat(recorder.exit()).isEqualTo(new Exit(Exit.Cause.EXITED, 0, "exited with code 0"));
        assertThat(recorder.lines).hasSize(2).noneMatch(ProcessRunnerTest::runs);
    }

    @Test
    void one_who_left_the_session_and_holds_the_output_does_not_hang_the_exit() {
        Recorder silent = kit.launch(
                runner, kit.sh("setsid sleep 99 & echo here; sleep 0.2").build());
        Recorder loud = kit.launch(runner, kit.sh("setsid yes & sleep 0.2").build(), new Recorder() {
            @Override
            void keep(List<String> batch) {}
        });
        assertThat(silent.exit().code()).isZero();
        assertThat(silent.lines).containsExactly("here");
        assertThat(loud.exit().code()).isZero();
        ProcessHandle.allProcesses()
                .filter(process -> process.info().commandLine().orElse("").matches("\\S*sleep 99"))
                .forEach(ProcessHandle::destroy);
    }

    @Test
    void a_death_by_signal_is_told_as_128_plus_n() {
        Recorder recorder = kit.launch(runner, kit.sh("kill -SEGV $$").build());
        assertThat(recorder.exit().code()).isEqualTo(139);
        assertThat(recorder.exit().message()).contains("signal 11");
    }

    @Test
    void close_ends_everything_and_refuses_more() {
        Recorder first = kit.launch(runner, kit.sh("sleep 99").build());
        Recorder second = kit.launch(
                runner,
                kit.sh("trap '' TERM; echo up; while :; do sleep 1; done").build());
        RunnerKit.await(second.firstLine.future());
        kit.onLoop(() -> runner.close(Duration.ofMillis(200)));
        assertThat(first.exits + second.exits).isEqualTo(2);
        assertThatThrownBy(() -> kit.launch(runner, kit.sh("true").build())).isInstanceOf(LaunchException.class);
    }

    @Test
    void holds_a_fast_writer_back_until_its_lines_are_taken() {
        Promise<Void> gate = Promise.promise();
        Recorder recorder = new Recorder(lines -> gate.future());
        Path progress = temp.resolve("progress");
        kit.launch(
                runner,
                kit.sh("head -c 50000 /dev/zero | tr '\\0' x; echo; i=0; while [ $i -lt 20 ]; do"
                                + " head -c 50000 /dev/zero | tr '\\0' x; echo; i=$((i+1)); echo $i > " + progress
                                + "; done")
                        .build(),
                recorder);
        RunnerKit.await(recorder.firstLine.future());
        // One line in hand and two in the pipe and the buffer; the writer is stuck then.
        assertThat(Waits.until(() -> written(progress) > 5, Duration.ofMillis(700)))
                .isFalse();
        gate.complete();
        assertThat(recorder.exit().code()).isZero();
        assertThat(recorder.lines).hasSize(21).allMatch(line -> line.length() == 50_000);
    }

    static boolean runs(String pid) {
        return !Waits.until(
                () -> ProcessHandle.of(Long.parseLong(pid.trim()))
                        .filter(ProcFs::running)
                        .isEmpty(),
                Duration.ofSeconds(1));
    }

    private static int written(Path progress) {
        try {
            String text = Files.exists(progress) ? Files.readString(progress).trim() : "";
            return text.isEmpty() ? 0 : Integer.parseInt(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
