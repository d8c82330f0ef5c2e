package dev.stationmaster.accounts;

import static dev.stationmaster.testing.TestStores.await;
import static dev.stationmaster.testing.TestStores.failure;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.process.Waits;
import dev.stationmaster.platform.security.JwtTokens;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.Samples;
import dev.stationmaster.testing.TestStores;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The parts of accounts, wired as the verticle does, on a clock that a test moves. */
final class AccountsKit {
    static final String PASSWORD = "correct horse";
    static final Duration ACCESS = Duration.ofMinutes(15);
    static final Duration REFRESH = Duration.ofDays(14);

    final ManualClock clock = new ManualClock();
    final UserStore userStore;
    final UserService users;
    final SessionService sessions;
    final ApiTokenStore tokenStore;
    final ApiTokenService tokens;
    final JwtTokens jwt;
    final Revocations revocations = new Revocations();
    final BearerAuthenticator authenticator;
    final Passwords passwords;

    AccountsKit(TestStores stores) {
        this(stores, Optional.empty());
    }

    AccountsKit(TestStores stores, Optional<AccountsSettings.OutsideIssuer> issuer) {
        var audit = new AuditTrail(clock);
        var settings = new AccountsSettings(
                Optional.empty(),
                Optional.empty(),
                ACCESS,
                REFRESH,
                5,
                Duration.ofMinutes(5),
                issuer,
                Quota.of(1, 1, 1, 1));
        passwords = new Passwords(stores.vertx());
        jwt = new JwtTokens(stores.vertx(), clock, "0123456789abcdef0123456789abcdef");
        userStore = new UserStore(stores.database(), audit);
        var news = new AccountNews(stores.bus(), revocations, clock);
        users = new UserService(userStore, passwords, stores.bus(), news, clock);
        var throttle = new LoginThrottle(clock, 5, Duration.ofMinutes(5));
        sessions = new SessionService(
                userStore, new SessionStore(stores.database(), audit), passwords, throttle, jwt, news, clock, settings);
        tokenStore = new ApiTokenStore(stores.database(), audit);
        tokens = new ApiTokenService(tokenStore, news, clock);
        var outside = issuer.map(i -> new OutsideIssuerTokens(stores.vertx(), clock, i));
        authenticator = new BearerAuthenticator(jwt, outside, tokenStore, revocations, clock);
        revocations.subscribe(stores.bus());
        stores.bus().on(AccountMessages.TokenRevoked.class, m -> revocations.addToken(m.tokenId(), clock.now()));
        stores.bus().on(AccountMessages.UserChanged.class, m -> authenticator.forgetApiTokens());
    }

    User user(String name, Role role) {
        return await(users.create(null, name, PASSWORD, role, Optional.empty(), ""));
    }

    /** Revocations travel over the bus, so the answer may change a moment later. */
    void assertRefused(String token, ErrorCode code) {
        Waits.until(() -> refusal(token) == code, Duration.ofSeconds(10));
        assertThat(refusal(token)).isEqualTo(code);
    }

    private @Nullable ErrorCode refusal(String token) {
        return failure(authenticator.authenticate(token, "r-1")) instanceof ApiException refused
                ? refused.code()
                : null;
    }

    static Caller as(User user) {
        return Samples.caller(user.id(), user.username(), user.role());
    }

    static String unique(String name) {
        return name + "-" + UUID.randomUUID().toString().substring(0, 8);
    }
}
