package dev.stationmaster.platform.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProcFsTest {
    private static final long ME = ProcessHandle.current().pid();

    @Test
    void reads_a_program_with_spaces_and_parentheses_in_its_name() {
        ProcessStat stat = ProcessStat.parse(
                7,
                "7 (my (odd) name) S 1 5 6 0 -1 4194304 100 0 0 0 11 22 3 4 20 0 1 0 9876 1000000 250 18446744073709551615");
        assertThat(stat).isEqualTo(new ProcessStat(7, 'S', 5, 6, 33, 9876, 250));
        assertThat(ProcessStat.parse(7, "7 (cut) S 1 5")).isNull();
        assertThat(ProcessStat.parse(7, "")).isNull();
    }

    @Test
    void knows_this_process() {
        assumeTrue(ProcFs.present(), "there is no /proc here");
        ProcessStat me = ProcFs.stat(ME).orElseThrow();
        assertThat(me.residentPages() * ProcFs.pageBytes()).isBetween(10L << 20, 16L << 30);
        assertThat(ProcFs.running()).anyMatch(found -> found.pid() == ME && found.startTicks() == me.startTicks());
        assertThat(ProcFs.workingFolder(ME)).contains(Path.of("").toAbsolutePath());
        assertThat(ProcFs.identity(ME)).isEqualTo(ProcFs.identity(ME)).isPresent();
        assertThat(ProcFs.running(ProcessHandle.current())).isTrue();
    }

    @Test
    void a_process_that_ended_is_not_running() throws IOException {
        Process process = new ProcessBuilder("sleep", "99").start();
        assertThat(ProcFs.running(process.toHandle())).isTrue();
        assertThat(Signals.send("TERM", process.pid())).isTrue();
        assertThat(Waits.until(() -> !ProcFs.running(process.toHandle()), Duration.ofSeconds(10)))
                .isTrue();
        assertThat(Waits.until(() -> ProcFs.identity(process.pid()).isEmpty(), Duration.ofSeconds(10)))
                .isTrue();
        assertThat(Signals.send("0", process.pid())).isFalse();
    }

    @Test
    void never_signals_everybody() {
        assertThatThrownBy(() -> Signals.sendToGroup("0", 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Signals.sendToGroup("0", 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
