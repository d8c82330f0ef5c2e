package dev.stationmaster.accounts;

import dev.stationmaster.platform.security.JwtClaims;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.Role;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpResponseExpectation;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.JWTOptions;
import io.vertx.ext.auth.authentication.TokenCredentials;
import io.vertx.ext.auth.jwt.JWTAuth;
import io.vertx.ext.auth.jwt.JWTAuthOptions;
import io.vertx.ext.web.client.WebClient;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trusts JWTs of one outside issuer by its published keys (RFC 7517). Keys are read when first needed, again every hour,
 * and at most once a minute for a token that no known key fits. Only asymmetric algorithms count: a shared secret in a
 * public key set is ignored. Bound to no thread; the key set is replaced as a whole.
 */
final class OutsideIssuerTokens {
    private static final Logger LOG = LoggerFactory.getLogger(OutsideIssuerTokens.class);
    private static final Duration REFRESH = Duration.ofHours(1);
    private static final Duration MIN_PAUSE = Duration.ofMinutes(1);

    private final Vertx vertx;
    private final WebClient client;
    private final Clock clock;
    private final AccountsSettings.OutsideIssuer settings;
    private volatile @Nullable JWTAuth auth;
    private volatile Instant readAt = Instant.MIN;

    OutsideIssuerTokens(Vertx vertx, Clock clock, AccountsSettings.OutsideIssuer settings) {
        this.vertx = vertx;
        this.client = WebClient.create(vertx);
        this.clock = clock;
        this.settings = settings;
    }

    Future<JwtClaims> verify(String token) {
        return keys(REFRESH).compose(keys -> check(keys, token)).recover(error -> keys(MIN_PAUSE)
                .compose(keys -> check(keys, token)));
    }

    private Future<JWTAuth> keys(Duration maxAge) {
        JWTAuth known = auth;
        if (known != null && clock.now().isBefore(readAt.plus(maxAge))) {
            return Future.succeededFuture(known);
        }
        return client.getAbs(settings.jwksUrl().toString())
                .timeout(5_000)
                .send()
                .expecting(HttpResponseExpectation.SC_OK)
                .map(response -> {
                    JWTAuth made = build(response.bodyAsJsonObject());
                    auth = made;
                    readAt = clock.now();
                    return made;
                })
                .recover(error -> {
                    LOG.warn("The key set {} can't be read: {}", settings.jwksUrl(), error.toString());
                    return known != null ? Future.succeededFuture(known) : Future.failedFuture(error);
                });
    }

    private JWTAuth build(JsonObject keySet) {
        List<JsonObject> keys = new ArrayList<>();
        for (Object key : keySet.getJsonArray("keys", new JsonArray())) {
            if (key instanceof JsonObject jwk && !"oct".equals(jwk.getString("kty"))) {
                keys.add(jwk);
            }
        }
        if (keys.isEmpty()) { // a JWTAuth without keys would take unsigned tokens
            throw new IllegalStateException("the key set has no public key");
        }
        var options = new JWTOptions()
                .setIssuer(settings.issuer())
                .addAudience(settings.audience())
                .setIgnoreExpiration(true);
        return JWTAuth.create(vertx, new JWTAuthOptions().setJwks(keys).setJWTOptions(options));
    }

    private Future<JwtClaims> check(JWTAuth keys, String token) {
        return keys.authenticate(new TokenCredentials(token)).map(user -> {
            JsonObject c = user.attributes().getJsonObject("accessToken", user.principal());
            Role role = Role.of(c.getString(settings.roleClaim(), ""));
            if (!role.covers(Role.VIEWER)) {
                throw new IllegalArgumentException("an outside issuer can't make tokens of machines");
            }
            return new JwtClaims(
                    settings.issuer() + "#" + c.getString("sub"),
                    c.getString("preferred_username", c.getString("email", c.getString("sub"))),
                    role.wireName(),
                    null,
                    null,
                    null,
                    null,
                    Instant.ofEpochSecond(c.getLong("iat", 0L)),
                    Instant.ofEpochSecond(c.getLong("exp", 0L)),
                    true);
        });
    }
}
