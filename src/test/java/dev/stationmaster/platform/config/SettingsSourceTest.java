package dev.stationmaster.platform.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsSourceTest {
    @TempDir
    Path temp;

    private Path file(String yaml) throws IOException {
        return Files.writeString(temp.resolve("own.yaml"), yaml);
    }

    private static SettingsReader read(Path file, Map<String, String> environment) {
        return SettingsSource.read(file, environment, Map.of());
    }

    @Test
    void defaults_apply_where_nobody_says_otherwise() {
        SettingsReader r = read(null, Map.of("PATH", "/bin", "HOME", "/root"));
        assertThat(r.integer("server.port", 0, 65_535)).isEqualTo(8000);
        assertThat(r.string("server.host")).isEqualTo("127.0.0.1");
        assertThat(r.optional("database.url")).isEmpty();
        assertThat(r.problems().list()).isEmpty();
    }

    @Test
    void the_file_wins_over_the_defaults() throws IOException {
        SettingsReader r = read(file("server: {port: 9001}\njobs:\n  max_running: 3\n"), Map.of());
        assertThat(r.integer("server.port", 0, 65_535)).isEqualTo(9001);
        assertThat(r.integer("jobs.max_running", 1, 10)).isEqualTo(3);
        assertThat(r.string("server.host")).isEqualTo("127.0.0.1");
    }

    @Test
    void the_environment_wins_over_the_file_by_long_and_short_names() throws IOException {
        Path file = file("server: {port: 9001, host: 10.0.0.1}\n");
        assertThat(read(file, Map.of("STATIONMASTER_SERVER_PORT", "9002")).string("server.port"))
                .isEqualTo("9002");
        assertThat(read(file, Map.of("STATIONMASTER_PORT", "9003")).string("server.port"))
                .isEqualTo("9003");
        assertThat(read(file, Map.of("STATIONMASTER_PORT", "9003")).string("server.host"))
                .isEqualTo("10.0.0.1");
    }

    @Test
    void every_key_has_a_long_environment_name() {
        SettingsSource.defaults().keySet().forEach(key -> {
            String value = "set by " + key;
            SettingsReader r = read(null, Map.of(SettingsSource.environmentName(key), value));
            assertThat(r.string(key)).isEqualTo(value);
            assertThat(r.problems().list()).isEmpty();
        });
    }

    @Test
    void names_that_people_know_work() {
        Map.of(
                        "DATABASE_URL", "database.url",
                        "REDIS_URL", "redis.url",
                        "ENVIRONMENT", "environment",
                        "STATIONMASTER_DATA", "data_dir",
                        "STATIONMASTER_ADMIN_PASSWORD", "accounts.admin_password",
                        "STATIONMASTER_JWT_SECRET", "security.jwt_secret",
                        "STATIONMASTER_ENCRYPTION_KEY", "security.encryption_key",
                        "MONITORING_PROMETHEUS_PORT", "server.metrics_port",
                        "RESOURCE_MAX_CPU_PER_JOB", "jobs.max_cpu_per_job")
                .forEach((name, key) ->
                        assertThat(read(null, Map.of(name, "x")).string(key)).isEqualTo("x"));
    }

    @Test
    void the_command_line_wins_over_all() throws IOException {
        SettingsReader r = SettingsSource.read(
                file("server: {port: 9001}"), Map.of("STATIONMASTER_PORT", "9002"), Map.of("server.port", "9004"));
        assertThat(r.string("server.port")).isEqualTo("9004");
    }

    @Test
    void unknown_keys_are_refused_wherever_they_stand() throws IOException {
        SettingsReader r = SettingsSource.read(
                file("server: {prot: 1}\nnonsense: 2\n"),
                Map.of("STATIONMASTER_SERVER_PROT", "1"),
                Map.of("server.porrt", "1"));
        assertThat(r.problems().list())
                .hasSize(4)
                .anyMatch(p -> p.startsWith("server.prot: no such setting"))
                .anyMatch(p -> p.startsWith("nonsense: no such setting"))
                .anyMatch(p -> p.startsWith("STATIONMASTER_SERVER_PROT: no such setting (environment)"))
                .anyMatch(p -> p.startsWith("server.porrt: no such setting (command line)"));
    }

    @Test
    void a_server_started_inside_a_job_does_not_trip_over_the_job_contract() {
        SettingsReader r = read(null, Map.of("STATIONMASTER_JOB_ID", "1", "STATIONMASTER_TOKEN", "t"));
        assertThat(r.problems().list()).isEmpty();
    }

    @Test
    void all_problems_are_reported_at_once_and_reading_goes_on() throws IOException {
        SettingsReader r = read(file("""
                        server: {port: 70000, max_body_bytes: lots, metrics_public: maybe}
                        database: {url: "mysql://h/d", connect_timeout_seconds: -1}
                        prices: {gpu_hour: "-1"}
                        runners: {image_agents: guess}
                        quotas: {cpu: many}
                        """), Map.of());
        r.integer("server.port", 0, 65_535);
        r.bytes("server.max_body_bytes", 1, 1 << 30);
        assertThat(r.bool("server.metrics_public")).isFalse();
        assertThat(r.uri("database.url", "postgresql")).isPresent();
        r.seconds("database.connect_timeout_seconds", Duration.ofMillis(1), Duration.ofDays(1));
        r.dollars("prices.gpu_hour");
        r.choice("runners.image_agents", Answer.class);
        r.quantity("quotas.cpu");
        assertThat(r.problems().list()).hasSize(8);
        assertThatThrownBy(() -> r.problems().throwIfAny())
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("8 problems")
                .hasMessageContaining("server.port: expected a whole number from 0 to 65535, got \"70000\"")
                .hasMessageContaining("runners.image_agents: expected one of [yes, no], got \"guess\"");
    }

    private enum Answer {
        YES,
        NO
    }

    @Test
    void a_file_that_is_missing_or_broken_is_a_problem_not_a_crash() throws IOException {
        assertThat(read(temp.resolve("none.yaml"), Map.of()).problems().list())
                .singleElement()
                .asString()
                .contains("can't be read");
        assertThat(read(file("server: [\n"), Map.of()).problems().list()).hasSize(1);
        assertThat(read(file(""), Map.of()).problems().list()).isEmpty();
        assertThat(read(file("just text"), Map.of()).problems().list()).hasSize(1);
    }

    @Test
    void durations_may_have_decimals() {
        SettingsReader r = read(null, Map.of("STATIONMASTER_JOBS_GRACE_SECONDS", "0.25"));
        assertThat(r.seconds("jobs.grace_seconds", Duration.ofMillis(1), Duration.ofDays(1)))
                .isEqualTo(Duration.ofMillis(250));
    }

    @Test
    void effective_settings_hide_every_secret() {
        SettingsReader r = read(
                null,
                Map.of(
                        "STATIONMASTER_JWT_SECRET", "opensesame-1",
                        "STATIONMASTER_ENCRYPTION_KEY", "opensesame-2",
                        "STATIONMASTER_ADMIN_PASSWORD", "opensesame-3",
                        "DATABASE_URL", "postgresql://ann:opensesame-4@db:5432/sm",
                        "REDIS_URL", "redis://:open@sesame-5@cache:6379"));
        assertThat(r.effective().toString()).doesNotContain("sesame");
        assertThat(r.effective())
                .containsEntry("database.url", "postgresql://ann:(hidden)@db:5432/sm")
                .containsEntry("redis.url", "redis://:(hidden)@cache:6379")
                .containsEntry("server.public_url", "(unset)")
                .containsEntry("server.port", "8000")
                .containsOnlyKeys(SettingsSource.defaults().keySet());
        assertThat(r.secret("security.jwt_secret").orElseThrow().toString()).doesNotContain("sesame");
    }

    @Test
    void a_wrong_secret_is_not_shown_in_its_problem() {
        SettingsReader r = read(null, Map.of("DATABASE_URL", "mysql://ann:sesame@db/sm"));
        assertThat(r.uri("database.url", "postgresql")).isPresent();
        assertThat(r.problems().list().toString()).doesNotContain("sesame");
    }
}
