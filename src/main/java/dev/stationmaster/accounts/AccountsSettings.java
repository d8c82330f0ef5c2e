package dev.stationmaster.accounts;

import dev.stationmaster.platform.config.Secret;
import dev.stationmaster.platform.config.SettingsReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/** Accounts, sign-in and default quotas. */
public record AccountsSettings(
        Optional<Secret> adminPassword,
        Optional<Secret> jwtSecret,
        Duration accessToken,
        Duration refreshToken,
        int loginAttempts,
        Duration loginWindow,
        Optional<OutsideIssuer> outsideIssuer,
        Quota defaultQuota) {

    /** An issuer whose tokens are trusted as well, by its published keys. */
    public record OutsideIssuer(String issuer, URI jwksUrl, String audience, String roleClaim) {}

    public static AccountsSettings read(SettingsReader r) {
        Optional<Secret> jwt = r.secret("security.jwt_secret");
        if (jwt.isPresent() && jwt.get().reveal().getBytes(StandardCharsets.UTF_8).length < 32) {
            r.problems().add("security.jwt_secret", "must have at least 32 bytes");
        }
        Optional<Secret> admin = r.secret("accounts.admin_password");
        if (admin.isPresent() && admin.get().reveal().length() < 10) {
            r.problems().add("accounts.admin_password", "must have at least 10 characters");
        }
        return new AccountsSettings(
                admin,
                jwt,
                r.seconds("security.access_token_seconds", Duration.ofSeconds(10), Duration.ofDays(1)),
                r.seconds("security.refresh_token_seconds", Duration.ofMinutes(1), Duration.ofDays(366)),
                r.integer("security.login_attempts", 1, 10_000),
                r.seconds("security.login_window_seconds", Duration.ofSeconds(1), Duration.ofDays(1)),
                outside(r),
                Quota.of(
                        r.quantity("quotas.cpu").movePointRight(3).longValue(),
                        r.quantity("quotas.memory").longValue(),
                        r.quantity("quotas.gpu").intValue(),
                        r.quantity("quotas.storage").longValue()));
    }

    private static Optional<OutsideIssuer> outside(SettingsReader r) {
        Optional<String> issuer = r.optional("security.issuer");
        Optional<URI> jwks = r.uri("security.issuer_jwks_url", "https", "http");
        Optional<String> audience = r.optional("security.issuer_audience");
        if (issuer.isPresent() != jwks.isPresent() || issuer.isPresent() != audience.isPresent()) {
            r.problems().add("security.issuer", "set issuer, issuer_jwks_url and issuer_audience together, or none");
            return Optional.empty();
        }
        return issuer.map(name -> new OutsideIssuer(
                name, jwks.orElseThrow(), audience.orElseThrow(), r.string("security.issuer_role_claim")));
    }
}
