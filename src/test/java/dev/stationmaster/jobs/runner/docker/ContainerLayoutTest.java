package dev.stationmaster.jobs.runner.docker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.Resources;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ContainerLayoutTest {
    private static final Path DATA = Path.of("/srv/data");
    private static final Path JOB = DATA.resolve("jobs/7");

    private static DockerSettings settings(@Nullable String seen, @Nullable String url) {
        return new DockerSettings(
                true,
                Optional.empty(),
                Optional.empty(),
                "bridge",
                true,
                false,
                true,
                Optional.empty(),
                100,
                0,
                Optional.ofNullable(seen),
                Optional.ofNullable(url),
                Resources.NONE,
                Duration.ofSeconds(1));
    }

    private static Launch launch(@Nullable Path workingDir) {
        return new Launch(
                new UUID(0, 7),
                1,
                1,
                0,
                1,
                "img",
                List.of(),
                Map.of(
                        "STATIONMASTER_SPEC", JOB + "/attempt-1/spec.json",
                        "STATIONMASTER_URL", "http://localhost:8000",
                        "OTHER", JOB + "/x",
                        "REGISTRY_USERNAME", "ann",
                        "REGISTRY_PASSWORD", "secret"),
                workingDir,
                JOB,
                Resources.NONE,
                null,
                Duration.ZERO,
                "{}",
                null);
    }

    @Test
    void the_program_sees_its_own_paths_and_no_login_of_the_registry() {
        var layout = new ContainerLayout(DATA, settings(null, null));
        assertThat(layout.env(launch(null)))
                .containsExactly(
                        "OTHER=" + JOB + "/x",
                        "STATIONMASTER_SPEC=/stationmaster/job/attempt-1/spec.json",
                        "STATIONMASTER_URL=http://localhost:8000");
        assertThat(layout.onEngine(launch(null))).isEqualTo(JOB.toString());
        assertThat(RegistryLogin.of(launch(null)).getPassword()).isEqualTo("secret");
        assertThat(launch(null).toString()).doesNotContain("secret");
    }

    @Test
    void an_engine_elsewhere_sees_other_paths_and_another_address() {
        var layout = new ContainerLayout(DATA, settings("/mnt/shared", "http://10.0.0.2:8000"));
        assertThat(layout.onEngine(launch(null))).isEqualTo("/mnt/shared/jobs/7");
        assertThat(layout.env(launch(null))).contains("STATIONMASTER_URL=http://10.0.0.2:8000");
    }

    @Test
    void a_folder_of_the_job_is_no_working_directory() {
        var layout = new ContainerLayout(DATA, settings(null, null));
        assertThat(layout.workingDir(launch(null))).isNull();
        assertThat(layout.workingDir(launch(JOB.resolve("attempt-1")))).isNull();
        assertThat(layout.workingDir(launch(Path.of("/app")))).isEqualTo("/app");
    }
}
