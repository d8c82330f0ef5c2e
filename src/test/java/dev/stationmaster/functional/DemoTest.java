package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.TestServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The first of the README's two commands. */
class DemoTest {
    @Test
    void it_trains_on_real_data_and_tells_the_result_the_dashboard_and_the_password() throws Exception {
        Path data = TestServer.tempDir();
        try {
            Process demo = start(data);
            String out = new String(demo.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(demo.waitFor(120, TimeUnit.SECONDS)).as(out).isTrue();
            assertThat(demo.exitValue()).as(out).isZero();
            String password =
                    Files.readString(data.resolve("initial-admin-password")).strip();
            assertThat(out)
                    .contains("Agents: digits (1), campaign (2, simulated)")
                    .contains("100 %  succeeded")
                    .containsPattern("Result: (0\\.9[5-9]|1\\.0)\\d* accuracy")
                    .contains("Dashboard: http://localhost:")
                    .contains("admin / " + password);
        } finally {
            TestServer.deleteTree(data);
        }
    }

    private static Process start(Path data) throws IOException {
        var builder = new ProcessBuilder(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.stationmaster.Stationmaster",
                "demo",
                "--exit",
                "--port",
                "0",
                "--data",
                data.toString()));
        builder.environment().keySet().removeIf(name -> name.startsWith("STATIONMASTER_"));
        return builder.redirectErrorStream(true).start();
    }
}
