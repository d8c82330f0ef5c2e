package dev.stationmaster.platform.db;

import dev.stationmaster.platform.config.SettingsReader;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * @param url {@code postgresql://user:password@host:port/database}; empty means embedded
 * @param poolSize connections in all
 */
public record DatabaseSettings(Optional<URI> url, int poolSize, Duration connectTimeout) {
    public static DatabaseSettings read(SettingsReader r) {
        return new DatabaseSettings(
                r.uri("database.url", "postgresql", "postgres"),
                r.integer("database.pool_size", 2, 500),
                r.seconds("database.connect_timeout_seconds", Duration.ofMillis(100), Duration.ofMinutes(5)));
    }

    @Override
    public String toString() { // the URL holds a password
        return "DatabaseSettings[embedded=" + url.isEmpty() + ", poolSize=" + poolSize + "]";
    }
}
