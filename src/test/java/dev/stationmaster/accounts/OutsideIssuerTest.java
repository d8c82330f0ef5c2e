package dev.stationmaster.accounts;

import static dev.stationmaster.testing.TestStores.await;
import static dev.stationmaster.testing.TestStores.failure;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import dev.stationmaster.testing.TestStores;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An issuer on loopback with a key set of its own. */
class OutsideIssuerTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    private static final String ISSUER = "https://id.example";
    private static final String SHARED = "a shared secret that somebody published by mistake";
    private static final KeyPair FIRST = rsa();
    private static final KeyPair SECOND = rsa();

    private final AtomicInteger reads = new AtomicInteger();
    private volatile JsonArray published = new JsonArray();
    private HttpServer server;
    private AccountsKit kit;

    private static KeyPair rsa() {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static String number(BigInteger n) {
        byte[] bytes = n.toByteArray();
        return base64(bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes);
    }

    private static JsonObject jwk(String kid, KeyPair pair) {
        var key = (RSAPublicKey) pair.getPublic();
        return new JsonObject()
                .put("kty", "RSA")
                .put("kid", kid)
                .put("alg", "RS256")
                .put("use", "sig")
                .put("n", number(key.getModulus()))
                .put("e", number(key.getPublicExponent()));
    }

    private static JsonObject shared() {
        return new JsonObject()
                .put("kty", "oct")
                .put("kid", "shared")
                .put("alg", "HS256")
                .put("k", base64(SHARED.getBytes(StandardCharsets.UTF_8)));
    }

    @BeforeEach
    void start() {
        published = new JsonArray().add(jwk("one", FIRST)).add(shared());
        server = await(STORES.vertx()
                .createHttpServer()
                .requestHandler(request -> {
                    reads.incrementAndGet();
                    request.response()
                            .end(new JsonObject().put("keys", published).toBuffer())
                            .onFailure(e -> {});
                })
                .listen(0, "127.0.0.1"));
        var url = URI.create("http://127.0.0.1:" + server.actualPort() + "/keys");
        var issuer = new AccountsSettings.OutsideIssuer(ISSUER, url, "stationmaster", "role");
        kit = new AccountsKit(STORES, Optional.of(issuer));
    }

    @AfterEach
    void stop() {
        await(server.close());
    }

    private JsonObject claims() {
        long now = kit.clock.now().getEpochSecond();
        return new JsonObject()
                .put("iss", ISSUER)
                .put("aud", "stationmaster")
                .put("sub", "42")
                .put("preferred_username", "zoe")
                .put("role", "operator")
                .put("iat", now)
                .put("exp", now + 600);
    }

    private static String unsigned(String algorithm, String kid, JsonObject claims) {
        var header = new JsonObject().put("typ", "JWT").put("alg", algorithm).put("kid", kid);
        return base64(header.encode().getBytes(StandardCharsets.UTF_8)) + "."
                + base64(claims.encode().getBytes(StandardCharsets.UTF_8));
    }

    private static String rs256(String kid, KeyPair pair, JsonObject claims) throws Exception {
        String text = unsigned("RS256", kid, claims);
        var signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(pair.getPrivate());
        signature.update(text.getBytes(StandardCharsets.UTF_8));
        return text + "." + base64(signature.sign());
    }

    private static String hs256(String kid, byte[] secret, JsonObject claims) throws Exception {
        String text = unsigned("HS256", kid, claims);
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        return text + "." + base64(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    }

    private void assertRefused(String token) {
        assertThat(((ApiException) failure(kit.authenticator.authenticate(token, "r"))).code())
                .isEqualTo(ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void a_token_of_the_issuer_is_trusted_with_its_role() throws Exception {
        var caller = await(kit.authenticator.authenticate(rs256("one", FIRST, claims()), "r"));
        assertThat(caller.username()).isEqualTo("zoe");
        assertThat(caller.role()).isEqualTo(Role.OPERATOR);
        assertThat(caller.session()).isNull();
        var again = await(kit.authenticator.authenticate(rs256("one", FIRST, claims().put("x", 1)), "r"));
        assertThat(again.userId()).as("the same person").isEqualTo(caller.userId());
    }

    @Test
    void our_own_tokens_count_beside_it() {
        User ann = kit.user(AccountsKit.unique("ann"), Role.VIEWER);
        var signed = await(kit.sessions.login(ann.username(), AccountsKit.PASSWORD, "a"));
        assertThat(await(kit.authenticator.authenticate(signed.accessToken(), "r"))
                        .userId())
                .isEqualTo(ann.id());
        assertThat(reads).hasValue(0);
    }

    @Test
    void a_shared_secret_in_the_key_set_is_not_trusted() throws Exception {
        assertRefused(hs256("shared", SHARED.getBytes(StandardCharsets.UTF_8), claims()));
    }

    @Test
    void a_key_set_of_shared_secrets_only_trusts_nobody() throws Exception {
        published = new JsonArray().add(shared());
        assertRefused(hs256("shared", SHARED.getBytes(StandardCharsets.UTF_8), claims()));
        assertRefused(unsigned("none", "shared", claims()) + ".");
        published = new JsonArray();
        assertRefused(unsigned("none", "one", claims()) + ".");
    }

    @Test
    void the_public_key_as_a_shared_secret_is_not_trusted() throws Exception {
        assertRefused(hs256("one", FIRST.getPublic().getEncoded(), claims()));
        String pem = "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'})
                        .encodeToString(FIRST.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
        assertRefused(hs256("one", pem.getBytes(StandardCharsets.UTF_8), claims()));
    }

    @Test
    void unsigned_tokens_are_refused() {
        assertRefused(unsigned("none", "one", claims()) + ".");
        assertRefused(unsigned("none", "one", claims()));
        assertRefused(unsigned("RS256", "one", claims()) + ".");
    }

    @Test
    void another_audience_issuer_or_key_is_refused() throws Exception {
        assertRefused(rs256("one", FIRST, claims().put("aud", "somebody-else")));
        assertRefused(rs256("one", FIRST, claims().put("iss", "https://evil.example")));
        assertRefused(rs256("one", SECOND, claims()));
        JsonObject none = claims();
        none.remove("aud");
        assertRefused(rs256("one", FIRST, none));
        JsonObject anonymous = claims();
        anonymous.remove("iss");
        assertRefused(rs256("one", FIRST, anonymous));
    }

    @Test
    void it_cannot_speak_in_the_name_of_our_own_users() throws Exception {
        User ann = kit.user(AccountsKit.unique("ann"), Role.ADMIN);
        var token = rs256("one", FIRST, claims().put("sub", ann.id().toString()));
        assertThat(await(kit.authenticator.authenticate(token, "r")).userId()).isNotEqualTo(ann.id());
    }

    @Test
    void an_expired_token_is_refused_by_our_clock() throws Exception {
        String token = rs256("one", FIRST, claims());
        assertThat(await(kit.authenticator.authenticate(token, "r")).username()).isEqualTo("zoe");
        kit.clock.advance(Duration.ofMinutes(10));
        assertThat(((ApiException) failure(kit.authenticator.authenticate(token, "r"))).code())
                .isEqualTo(ErrorCode.TOKEN_EXPIRED);
    }

    @Test
    void roles_that_are_not_ours_and_agents_are_refused() throws Exception {
        assertRefused(rs256("one", FIRST, claims().put("role", "superman")));
        assertRefused(rs256("one", FIRST, claims().put("role", "agent")));
        JsonObject none = claims();
        none.remove("role");
        assertRefused(rs256("one", FIRST, none));
        assertRefused(rs256("one", FIRST, claims().put("role", new JsonArray().add("admin"))));
    }

    @Test
    void a_new_key_is_read_but_strangers_cannot_make_us_ask_all_the_time() throws Exception {
        await(kit.authenticator.authenticate(rs256("one", FIRST, claims()), "r"));
        assertThat(reads).hasValue(1);
        published = new JsonArray().add(jwk("two", SECOND));
        String token = rs256("two", SECOND, claims());
        for (int i = 0; i < 20; i++) {
            assertRefused(token); // read a moment ago
        }
        assertThat(reads).hasValue(1);
        kit.clock.advance(Duration.ofMinutes(1));
        assertThat(await(kit.authenticator.authenticate(token, "r")).username()).isEqualTo("zoe");
        assertThat(reads).hasValue(2);
    }

    @Test
    void an_issuer_that_is_away_refuses_unknown_tokens_and_keeps_known_keys() throws Exception {
        await(kit.authenticator.authenticate(rs256("one", FIRST, claims()), "r"));
        await(server.close());
        kit.clock.advance(Duration.ofHours(2));
        assertThat(await(kit.authenticator.authenticate(rs256("one", FIRST, claims()), "r"))
                        .username())
                .isEqualTo("zoe");
        var url = URI.create("http://127.0.0.1:1/keys");
        var fresh = new AccountsKit(
                STORES, Optional.of(new AccountsSettings.OutsideIssuer(ISSUER, url, "stationmaster", "role")));
        assertThat(((ApiException) failure(fresh.authenticator.authenticate(rs256("one", FIRST, claims()), "r")))
                        .code())
                .isEqualTo(ErrorCode.UNAUTHENTICATED);
    }
}
