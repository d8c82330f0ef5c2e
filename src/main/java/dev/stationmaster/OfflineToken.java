package dev.stationmaster;

import dev.stationmaster.platform.config.Secret;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.security.JwtTokens;
import dev.stationmaster.platform.security.KeyFile;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.Role;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.UUID;

/** Makes access tokens with the server's key, without a server. */
final class OfflineToken {
    private OfflineToken() {}

    static String make(Settings settings, String userId, String role, Duration life) {
        String secret = settings.accounts()
                .jwtSecret()
                .map(Secret::reveal)
                .orElseGet(() -> KeyFile.readOrCreate(
                        settings.dataDir().toAbsolutePath().resolve("jwt-secret"), KeyFile::randomKey));
        Vertx vertx = Vertx.vertx();
        try {
            return new JwtTokens(vertx, Clock.system(), secret)
                    .forUser(
                            UUID.fromString(userId),
                            "token-command",
                            Role.of(role).wireName(),
                            Ids.next(),
                            life);
        } finally {
            vertx.close().await();
        }
    }
}
