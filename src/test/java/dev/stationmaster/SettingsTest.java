package dev.stationmaster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stationmaster.jobs.JobsSettings;
import dev.stationmaster.platform.config.SettingsException;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
    private static final Map<String, String> ISSUER = Map.of(
            "STATIONMASTER_SECURITY_ISSUER", "https://id.example",
            "STATIONMASTER_SECURITY_ISSUER_JWKS_URL", "https://id.example/keys",
            "STATIONMASTER_SECURITY_ISSUER_AUDIENCE", "stationmaster");

    @TempDir
    Path temp;

    private static Settings with(Map<String, String> environment) {
        return Settings.read(null, environment, Map.of());
    }

    private static String problems(Path file, Map<String, String> environment) {
        try {
            return "none: " + Settings.read(file, environment, Map.of());
        } catch (SettingsException e) {
            return String.valueOf(e.getMessage());
        }
    }

    @Test
    void the_defaults_are_those_that_the_file_states() {
        Settings s = with(Map.of());
        assertThat(s.environment()).isEqualTo(Settings.Environment.DEVELOPMENT);
        assertThat(s.server().port()).isEqualTo(8000);
        assertThat(s.server().maxBodyBytes()).isEqualTo(1 << 20);
        assertThat(s.database().url()).isEmpty();
        assertThat(s.database().poolSize()).isEqualTo(16);
        assertThat(s.accounts().accessToken()).isEqualTo(Duration.ofMinutes(15));
        assertThat(s.accounts().refreshToken()).isEqualTo(Duration.ofDays(14));
        assertThat(s.accounts().defaultQuota().cpuMillis()).isEqualTo(10_000);
        assertThat(s.accounts().defaultQuota().memoryBytes()).isEqualTo(20_000_000_000L);
        assertThat(s.accounts().outsideIssuer()).isEmpty();
        assertThat(s.prices().cpuCoreHour()).isEqualTo(new BigDecimal("0.04"));
        assertThat(s.jobs().maxCpuMillisPerJob()).isEqualTo(64_000);
        assertThat(s.jobs().maxLogBytes()).isEqualTo(100 << 20);
        assertThat(s.jobs().imageAgents()).isEqualTo(JobsSettings.ImageAgents.REFUSE);
        assertThat(s.runners().processEnabled()).isTrue();
    }

    /** A key that nobody reads would be a switch without a wire. */
    @Test
    void somebody_reads_every_key() {
        for (String key : with(Map.of()).effective().keySet()) {
            String name = "STATIONMASTER_" + key.replace('.', '_').toUpperCase(java.util.Locale.ROOT);
            String unlikely = "\u0001"; // fits no type but text
            var environment = new HashMap<>(ISSUER); // its role claim counts only with an issuer
            environment.put(name, unlikely);
            String text = problems(null, environment);
            boolean refused = text.contains(key + ": ") || text.contains("(environment)");
            boolean shown = text.startsWith("none: ")
                    && text.replaceAll("effective=.*", "").contains(unlikely);
            boolean secret = text.startsWith("none: ") && text.contains("(hidden)");
            assertThat(refused || shown || secret).as("%s: %s", key, text).isTrue();
        }
    }

    @Test
    void outside_issuer_needs_all_three_settings() {
        assertThat(problems(null, Map.of("STATIONMASTER_SECURITY_ISSUER", "https://id.example")))
                .contains("security.issuer: set issuer, issuer_jwks_url and issuer_audience together");
        Settings s = with(ISSUER);
        assertThat(s.accounts().outsideIssuer().orElseThrow().roleClaim()).isEqualTo("role");
    }

    @Test
    void weak_secrets_are_refused_all_at_once() {
        String text = problems(
                null,
                Map.of(
                        "STATIONMASTER_JWT_SECRET", "short",
                        "STATIONMASTER_ADMIN_PASSWORD", "short",
                        "STATIONMASTER_ENCRYPTION_KEY", "c2hvcnQ="));
        assertThat(text)
                .contains("3 problems", "security.jwt_secret: must have at least 32 bytes")
                .contains(
                        "accounts.admin_password: must have at least 10", "security.encryption_key: must be 32 bytes");
        assertThat(text.replace("shorter", "")).doesNotContain("\"short\"");
    }

    @Test
    void production_refuses_what_is_only_fit_for_a_laptop() throws IOException {
        Path file = Files.writeString(temp.resolve("own.yaml"), "accounts: {admin_password: written-down-plainly}\n");
        assertThatThrownBy(() -> Settings.read(file, Map.of("ENVIRONMENT", "production"), Map.of()))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("database.url")
                .hasMessageContaining("redis.url")
                .hasMessageContaining("security.jwt_secret")
                .hasMessageContaining("security.encryption_key")
                .hasMessageContaining("runners.process_enabled")
                .hasMessageContaining("accounts.admin_password: production takes secrets from the environment");
    }

    @Test
    void production_starts_with_everything_of_its_own() {
        Settings s = with(Map.of(
                "ENVIRONMENT", "production",
                "DATABASE_URL", "postgresql://sm:pw-of-the-database@db/sm",
                "REDIS_URL", "redis://:pw-of-redis@cache:6379",
                "STATIONMASTER_JWT_SECRET", "0123456789abcdef0123456789abcdef",
                "STATIONMASTER_ENCRYPTION_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                "STATIONMASTER_ADMIN_PASSWORD", "long-enough-password",
                "STATIONMASTER_RUNNERS_PROCESS_ENABLED", "false"));
        assertThat(s.environment()).isEqualTo(Settings.Environment.PRODUCTION);
        assertThat(s.effective().toString()).doesNotContain("pw-of", "0123456789abcdef", "long-enough");
    }
}
