package dev.stationmaster.platform.security;

import static dev.stationmaster.testing.TestStores.await;
import static dev.stationmaster.testing.TestStores.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.stationmaster.testing.ManualClock;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class JwtTokensTest {
    private static final String SECRET = "0123456789abcdef0123456789abcdef";
    private static Vertx vertx;

    private final ManualClock clock = new ManualClock();
    private final UUID user = UUID.randomUUID();
    private final UUID session = UUID.randomUUID();

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stop() {
        await(vertx.close());
    }

    private JwtTokens tokens() {
        return new JwtTokens(vertx, clock, SECRET);
    }

    private static String part(JsonObject json) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(json.encode().getBytes(StandardCharsets.UTF_8));
    }

    private static String signed(JsonObject header, JsonObject claims, String algorithm, String secret)
            throws Exception {
        String text = part(header) + "." + part(claims);
        Mac mac = Mac.getInstance(algorithm);
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), algorithm));
        return text + "."
                + Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    }

    private JsonObject claims(String issuer) {
        long now = clock.now().getEpochSecond();
        return new JsonObject()
                .put("sub", user.toString())
                .put("name", "ann")
                .put("role", "admin")
                .put("iat", now)
                .put("exp", now + 900)
                .put("iss", issuer);
    }

    private static JsonObject header(String algorithm) {
        return new JsonObject().put("typ", "JWT").put("alg", algorithm);
    }

    @Test
    void says_what_was_put_in() {
        JwtClaims claims =
                await(tokens().verify(tokens().forUser(user, "ann", "developer", session, Duration.ofMinutes(15))));
        assertThat(claims.subject()).isEqualTo(user.toString());
        assertThat(claims.username()).isEqualTo("ann");
        assertThat(claims.role()).isEqualTo("developer");
        assertThat(claims.session()).isEqualTo(session);
        assertThat(claims.jobId()).isNull();
        assertThat(claims.outside()).isFalse();
        assertThat(claims.issuedAt().getEpochSecond()).isEqualTo(clock.now().getEpochSecond());
        assertThat(Duration.between(claims.issuedAt(), claims.expiresAt())).isEqualTo(Duration.ofMinutes(15));
    }

    @Test
    void a_jobs_token_names_its_agent_job_and_lease() {
        UUID job = UUID.randomUUID();
        long agent = (1L << 53) - 1;
        JwtClaims claims = await(tokens().verify(tokens().forJob(user, "ann", agent, job, 4, Duration.ofHours(1))));
        assertThat(claims.role()).isEqualTo("agent");
        assertThat(claims.agentId()).isEqualTo(agent);
        assertThat(claims.jobId()).isEqualTo(job);
        assertThat(claims.lease()).isEqualTo(4);
        assertThat(claims.session()).isNull();
    }

    @Test
    void a_token_made_by_hand_with_our_secret_passes()
            throws Exception { // so the forgeries below fail for their reason
        String token = signed(header("HS256"), claims("stationmaster"), "HmacSHA256", SECRET);
        assertThat(await(tokens().verify(token)).username()).isEqualTo("ann");
    }

    @Test
    void a_forged_signature_is_refused() throws Exception {
        assertRefused(signed(header("HS256"), claims("stationmaster"), "HmacSHA256", SECRET.replace('0', '1')));
        String good = tokens().forUser(user, "ann", "viewer", session, Duration.ofMinutes(15));
        String[] parts = good.split("\\.", -1);
        JsonObject changed = new JsonObject(new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8))
                .put("role", "admin");
        assertRefused(parts[0] + "." + part(changed) + "." + parts[2]);
    }

    @Test
    void unsigned_tokens_are_refused() {
        for (String none : new String[] {"none", "None", "NONE", ""}) {
            String text = part(header(none)) + "." + part(claims("stationmaster"));
            assertRefused(text + ".");
            assertRefused(text);
        }
    }

    @Test
    void another_algorithm_is_refused_even_with_our_secret() throws Exception {
        assertRefused(signed(header("HS512"), claims("stationmaster"), "HmacSHA512", SECRET));
        assertRefused(signed(header("HS384"), claims("stationmaster"), "HmacSHA384", SECRET));
        assertRefused(signed(header("RS256"), claims("stationmaster"), "HmacSHA256", SECRET));
    }

    @Test
    void another_issuer_is_refused() throws Exception {
        assertRefused(signed(header("HS256"), claims("somebody"), "HmacSHA256", SECRET));
        JsonObject none = claims("x");
        none.remove("iss");
        assertRefused(signed(header("HS256"), none, "HmacSHA256", SECRET));
    }

    @Test
    void nonsense_is_refused_and_not_a_crash() {
        for (String token : new String[] {"", ".", "..", "a.b.c", "x".repeat(10_000), "é.é.é", "sm_abc"}) {
            assertRefused(token);
        }
    }

    @Test
    void a_short_secret_is_refused_at_the_start() {
        assertThatIllegalArgumentException().isThrownBy(() -> new JwtTokens(vertx, clock, SECRET.substring(1)));
    }

    private void assertRefused(String token) {
        assertThat(failure(tokens().verify(token))).as(token).isNotInstanceOf(AssertionError.class);
    }
}
