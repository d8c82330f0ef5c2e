package dev.stationmaster.platform.security;

import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.JWTOptions;
import io.vertx.ext.auth.PubSecKeyOptions;
import io.vertx.ext.auth.authentication.TokenCredentials;
import io.vertx.ext.auth.jwt.JWTAuth;
import io.vertx.ext.auth.jwt.JWTAuthOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Issues and checks our own access tokens: JWT (RFC 7519) signed with HS256. Other algorithms, {@code none} among them,
 * are refused. Thread-safe.
 */
public final class JwtTokens {
    public static final int MIN_SECRET_BYTES = 32;
    static final String ISSUER = "stationmaster";

    private final JWTAuth auth;
    private final Clock clock;

    public JwtTokens(Vertx vertx, Clock clock, String secret) {
        this.clock = clock;
        if (secret.getBytes(StandardCharsets.UTF_8).length < MIN_SECRET_BYTES) {
            throw new IllegalArgumentException("security.jwt_secret must have at least 32 bytes");
        }
        this.auth = JWTAuth.create(
                vertx,
                new JWTAuthOptions()
                        .addPubSecKey(new PubSecKeyOptions().setAlgorithm("HS256").setBuffer(secret))
                        .setJWTOptions(new JWTOptions().setIssuer(ISSUER).setIgnoreExpiration(true)));
    }

    /** A token for a signed-in person. */
    public String forUser(UUID userId, String username, String role, UUID session, Duration ttl) {
        return sign(base(userId.toString(), username, role, ttl).put("sid", session.toString()));
    }

    /** A token for one attempt of one job; it may touch nothing else. */
    public String forJob(UUID userId, String username, long agentId, UUID jobId, long lease, Duration ttl) {
        return sign(base(userId.toString(), username, "agent", ttl)
                .put("agent_id", agentId)
                .put("job_id", jobId.toString())
                .put("lease", lease));
    }

    private JsonObject base(String subject, String username, String role, Duration ttl) {
        long now = clock.now().getEpochSecond();
        return new JsonObject()
                .put("sub", subject)
                .put("name", username)
                .put("role", role)
                .put("iat", now)
                .put("exp", now + ttl.toSeconds());
    }

    private String sign(JsonObject claims) {
        return auth.generateToken(claims, new JWTOptions().setAlgorithm("HS256").setIssuer(ISSUER));
    }

    /** Checks signature, algorithm and issuer, but not the time: that is the caller's, who has the clock. */
    public Future<JwtClaims> verify(String token) {
        return auth.authenticate(new TokenCredentials(token)).map(user -> claims(user.principal(), user.attributes()));
    }

    private static JwtClaims claims(JsonObject principal, JsonObject attributes) {
        JsonObject c = attributes.getJsonObject("accessToken", principal);
        String session = c.getString("sid");
        String job = c.getString("job_id");
        return new JwtClaims(
                c.getString("sub"),
                c.getString("name"),
                c.getString("role"),
                session == null ? null : UUID.fromString(session),
                number(c, "agent_id"),
                job == null ? null : UUID.fromString(job),
                number(c, "lease"),
                Instant.ofEpochSecond(c.getLong("iat", 0L)),
                Instant.ofEpochSecond(c.getLong("exp", 0L)),
                false);
    }

    private static @Nullable Long number(JsonObject c, String key) {
        Number n = c.getNumber(key);
        return n == null ? null : n.longValue();
    }
}
