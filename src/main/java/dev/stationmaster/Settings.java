package dev.stationmaster;

import dev.stationmaster.accounts.AccountsSettings;
import dev.stationmaster.agents.deployments.DeploymentsSettings;
import dev.stationmaster.costs.Prices;
import dev.stationmaster.experiments.ExperimentsSettings;
import dev.stationmaster.gateway.ServerSettings;
import dev.stationmaster.jobs.JobsSettings;
import dev.stationmaster.jobs.storage.StorageSettings;
import dev.stationmaster.jobs.webhooks.WebhooksSettings;
import dev.stationmaster.platform.config.Secret;
import dev.stationmaster.platform.config.SettingsReader;
import dev.stationmaster.platform.config.SettingsSource;
import dev.stationmaster.platform.db.DatabaseSettings;
import dev.stationmaster.policies.PoliciesSettings;
import java.net.URI;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Everything that can be set, one record a concern. Immutable. */
public record Settings(
        Environment environment,
        Path dataDir,
        ServerSettings server,
        DatabaseSettings database,
        Optional<URI> redisUrl,
        Optional<Secret> encryptionKey,
        AccountsSettings accounts,
        Prices prices,
        JobsSettings jobs,
        StorageSettings storage,
        RunnerSettings runners,
        PoliciesSettings policies,
        WebhooksSettings webhooks,
        ExperimentsSettings experiments,
        DeploymentsSettings deployments,
        Map<String, String> effective) {

    /** Production refuses what is only fit for a laptop. */
    public enum Environment {
        DEVELOPMENT,
        PRODUCTION
    }

    /** Throws {@code SettingsException} with every problem found. */
    public static Settings read(@Nullable Path file, Map<String, String> environment, Map<String, String> overrides) {
        SettingsReader r = SettingsSource.read(file, environment, overrides);
        var settings = new Settings(
                r.choice("environment", Environment.class),
                r.path("data_dir"),
                ServerSettings.read(r),
                DatabaseSettings.read(r),
                r.uri("redis.url", "redis", "rediss"),
                r.secret("security.encryption_key"),
                AccountsSettings.read(r),
                Prices.read(r),
                JobsSettings.read(r),
                StorageSettings.read(r),
                RunnerSettings.read(r),
                PoliciesSettings.read(r),
                WebhooksSettings.read(r),
                ExperimentsSettings.read(r),
                DeploymentsSettings.read(r),
                r.effective());
        settings.check(r, file);
        r.problems().throwIfAny();
        return settings;
    }

    private void check(SettingsReader r, @Nullable Path file) {
        encryptionKey.ifPresent(key -> {
            if (decoded(key.reveal()).length != 32) {
                r.problems().add("security.encryption_key", "must be 32 bytes in base64");
            }
        });
        if (environment != Environment.PRODUCTION) {
            return;
        }
        if (database.url().isEmpty()) {
            r.problems()
                    .add("database.url", "production needs a PostgreSQL server; the embedded one is for trying out");
        }
        if (redisUrl.isEmpty()) {
            r.problems().add("redis.url", "production needs a Redis server; the embedded one is for trying out");
        }
        if (accounts.jwtSecret().isEmpty()) {
            r.problems().add("security.jwt_secret", "production needs a secret of your own; none is generated");
        }
        if (encryptionKey.isEmpty()) {
            r.problems().add("security.encryption_key", "production needs a key of your own; none is generated");
        }
        if (accounts.adminPassword().isEmpty()) {
            r.problems().add("accounts.admin_password", "production needs a password of your own; none is generated");
        }
        if (runners.processEnabled()) {
            r.problems()
                    .add("runners.process_enabled", "production does not run jobs as local processes; set it to false");
        }
        if (file != null) {
            PlainSecrets.find(file).forEach(key -> r.problems()
                    .add(key, "production takes secrets from the environment, not from " + file));
        }
    }

    static byte[] decoded(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }
}
