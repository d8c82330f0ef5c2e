package dev.stationmaster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stationmaster.platform.config.SettingsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
    private static final Map<String, String> PRODUCTION = Map.of(
            "ENVIRONMENT", "production",
            "DATABASE_URL", "postgresql://u:p@db/x",
            "REDIS_URL", "redis://r:6379",
            "STATIONMASTER_JWT_SECRET", "a secret of at least thirty-two bytes",
            "STATIONMASTER_ENCRYPTION_KEY", Base64.getEncoder().encodeToString(new byte[32]),
            "STATIONMASTER_ADMIN_PASSWORD", "a good password",
            "STATIONMASTER_RUNNERS_PROCESS_ENABLED", "false");

    @TempDir
    Path temp;

    @Test
    void the_defaults_are_a_server_on_this_machine_alone() {
        Settings settings = Settings.read(null, Map.of(), Map.of());
        assertThat(settings.server().host()).isEqualTo("127.0.0.1");
        assertThat(settings.server().port()).isEqualTo(8000);
        assertThat(settings.database().url()).isEmpty();
        assertThat(settings.accounts().defaultQuota().cpuMillis()).isEqualTo(10_000);
        assertThat(settings.accounts().defaultQuota().memoryBytes()).isEqualTo(20_000_000_000L);
        assertThat(settings.accounts().defaultQuota().gpus()).isEqualTo(2);
        assertThat(settings.accounts().defaultQuota().storageBytes()).isEqualTo(100_000_000_000L);
    }

    @Test
    void production_refuses_everything_that_is_only_fit_for_a_laptop_at_once() {
        assertThatThrownBy(() -> Settings.read(null, Map.of("ENVIRONMENT", "production"), Map.of()))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("database.url")
                .hasMessageContaining("redis.url")
                .hasMessageContaining("security.jwt_secret")
                .hasMessageContaining("security.encryption_key")
                .hasMessageContaining("accounts.admin_password")
                .hasMessageContaining("runners.process_enabled");
        assertThat(Settings.read(null, PRODUCTION, Map.of()).environment()).isEqualTo(Settings.Environment.PRODUCTION);
    }

    @Test
    void production_takes_no_secrets_from_a_file() throws IOException {
        Path file = Files.writeString(temp.resolve("s.yaml"), "accounts:\n  admin_password: written in a file\n");
        assertThatThrownBy(() -> Settings.read(file, PRODUCTION, Map.of()))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("accounts.admin_password")
                .hasMessageNotContaining("written in a file");
    }

    @Test
    void short_secrets_bad_keys_and_unknown_settings_are_all_named() {
        Map<String, String> bad = new LinkedHashMap<>(PRODUCTION);
        bad.put("STATIONMASTER_JWT_SECRET", "short");
        bad.put("STATIONMASTER_ENCRYPTION_KEY", "AAAA");
        bad.put("STATIONMASTER_PORT", "99999");
        bad.put("STATIONMASTER_NO_SUCH_THING", "1");
        assertThatThrownBy(() -> Settings.read(null, bad, Map.of()))
                .hasMessageContaining("4 problems")
                .hasMessageContaining("security.jwt_secret")
                .hasMessageContaining("security.encryption_key")
                .hasMessageContaining("server.port")
                .hasMessageContaining("STATIONMASTER_NO_SUCH_THING");
    }
}
