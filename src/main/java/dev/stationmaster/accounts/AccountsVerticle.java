package dev.stationmaster.accounts;

import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.config.Secret;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.security.JwtTokens;
import dev.stationmaster.platform.security.KeyFile;
import dev.stationmaster.platform.security.Tokens;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.Authenticator;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Wires accounts. Its services are stateless, so its routes may be used on every event loop. */
public final class AccountsVerticle extends VerticleBase {
    private static final Logger LOG = LoggerFactory.getLogger(AccountsVerticle.class);
    private static final Duration HOUSEKEEPING = Duration.ofSeconds(30);

    private final AccountsSettings settings;
    private final Path dataDir;
    private final Bus bus;
    private final Clock clock;
    private final JwtTokens jwt;
    private final UserStore userStore;
    private final SessionStore sessionStore;
    private final ApiTokenStore tokenStore;
    private final UserService users;
    private final SessionService sessions;
    private final ApiTokenService tokens;
    private final QuotaService quotas;
    private final Revocations revocations = new Revocations();
    private final BearerAuthenticator authenticator;

    public AccountsVerticle(
            Vertx vertx,
            AccountsSettings settings,
            Path dataDir,
            Database database,
            Bus bus,
            Clock clock,
            JwtTokens jwt) {
        this.settings = settings;
        this.dataDir = dataDir;
        this.bus = bus;
        this.clock = clock;
        this.jwt = jwt;
        var audit = new AuditTrail(clock);
        var passwords = new Passwords(vertx);
        userStore = new UserStore(database, audit);
        sessionStore = new SessionStore(database, audit);
        tokenStore = new ApiTokenStore(database, audit);
        var news = new AccountNews(bus, revocations, clock);
        users = new UserService(userStore, passwords, bus, news, clock);
        var throttle = new LoginThrottle(clock, settings.loginAttempts(), settings.loginWindow());
        sessions = new SessionService(userStore, sessionStore, passwords, throttle, jwt, news, clock, settings);
        tokens = new ApiTokenService(tokenStore, news, clock);
        quotas = new QuotaService(new QuotaStore(database, audit), users, bus, clock, settings.defaultQuota());
        var outside = settings.outsideIssuer().map(issuer -> new OutsideIssuerTokens(vertx, clock, issuer));
        authenticator = new BearerAuthenticator(jwt, outside, tokenStore, revocations, clock);
    }

    public Map<String, ApiHandler> handlers() {
        return new AccountRoutes(sessions, users, tokens, quotas).handlers();
    }

    /** An access token for a user by name, for who holds the server itself: the demo and the command line. */
    public Future<String> tokenFor(String username, Duration life) {
        return users.find(username)
                .map(user -> jwt.forUser(user.id(), user.username(), user.role().wireName(), Ids.next(), life));
    }

    public Authenticator authenticator() {
        return authenticator;
    }

    @Override
    public Future<?> start() {
        revocations.subscribe(bus);
        bus.on(AccountMessages.UserChanged.class, m -> authenticator.forgetApiTokens());
        bus.on(AccountMessages.TokenRevoked.class, m -> revocations.addToken(m.tokenId(), clock.now()));
        bus.answer(AccountMessages.FindQuota.class, this::findQuota);
        bus.answer(AccountMessages.FindOwners.class, q -> quotas.owners(q.ownerIds())
                .map(AccountMessages.OwnersFound::new));
        bus.answer(AccountMessages.FindUser.class, question -> userStore
                .byId(question.userId())
                .map(found -> new AccountMessages.UserFound(
                        found.map(User::username).orElse(null),
                        found.map(user -> user.role().wireName()).orElse(null),
                        found.map(User::disabled).orElse(false))));
        vertx.setPeriodic(HOUSEKEEPING.toMillis(), id -> housekeeping());
        return loadRevocations().compose(done -> firstAdmin());
    }

    private Future<AccountMessages.QuotaFound> findQuota(AccountMessages.FindQuota question) {
        return quotas.of(question.userId())
                .map(q -> new AccountMessages.QuotaFound(
                        q.cpuMillis(), q.memoryBytes(), q.gpus(), q.storageBytes(), q.budgetNanos()));
    }

    private Future<Void> loadRevocations() {
        var since = clock.utc().minus(settings.accessToken());
        return Future.all(
                        userStore.changedSince(since).onSuccess(list -> list.forEach(revocations::add)),
                        sessionStore.endedSince(since).onSuccess(list -> list.forEach(revocations::add)))
                .mapEmpty();
    }

    private Future<?> firstAdmin() {
        Optional<String> chosen = settings.adminPassword().map(Secret::reveal);
        String password = chosen.orElseGet(() -> Tokens.next("").substring(0, 20));
        return users.createFirstAdmin(password)
                .compose(created -> created && chosen.isEmpty() ? keep(password) : Future.succeededFuture());
    }

    private Future<?> keep(String password) {
        Path file = dataDir.resolve("initial-admin-password");
        Callable<Boolean> write = () -> {
            KeyFile.write(file, password);
            return true;
        };
        return vertx.executeBlocking(write)
                .onSuccess(done -> LOG.info("First start: user admin, password {} (also in {})", password, file));
    }

    private void housekeeping() {
        revocations.forget(clock.now().minus(settings.accessToken()));
        Map<UUID, java.time.OffsetDateTime> used = authenticator.takeLastUsed();
        if (!used.isEmpty()) {
            tokenStore.used(used).onFailure(e -> LOG.warn("Last use of API tokens not written: {}", e.toString()));
        }
        sessionStore
                .purge(clock.utc().minus(settings.refreshToken()))
                .onFailure(e -> LOG.warn("Old sessions not deleted: {}", e.toString()));
    }
}
