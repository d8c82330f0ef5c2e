package dev.stationmaster.accounts;

import dev.stationmaster.jobs.JobMessages;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.IdempotencyStore;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Page;
import dev.stationmaster.platform.web.Role;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The rules of accounts. */
final class UserService {
    /** Null means: leave as it is. */
    record Patch(
            @Nullable Role role,
            @Nullable String password,
            @Nullable Boolean disabled) {}

    private static final UUID NOBODY = new UUID(0, 0);

    private final UserStore store;
    private final Passwords passwords;
    private final Bus bus;
    private final AccountNews news;
    private final Clock clock;

    UserService(UserStore store, Passwords passwords, Bus bus, AccountNews news, Clock clock) {
        this.store = store;
        this.passwords = passwords;
        this.bus = bus;
        this.news = news;
        this.clock = clock;
    }

    Future<Page<User>> list(int limit, @Nullable String cursor) {
        return store.page(cursor == null ? "" : cursor, limit + 1).map(rows -> Page.of(rows, limit, User::username));
    }

    /** By id or by name. */
    Future<User> find(String idOrName) {
        return uuid(idOrName)
                .map(store::byId)
                .orElseGet(() -> store.byName(idOrName))
                .map(found -> found.orElseThrow(() -> ApiException.notFound("user", idOrName)));
    }

    /** The first start of a server: makes the administrator when there is no user yet. */
    Future<Boolean> createFirstAdmin(String password) {
        return store.count()
                .compose(count -> count > 0
                        ? Future.succeededFuture(false)
                        : create(null, "admin", password, Role.ADMIN, Optional.empty(), "")
                                .map(true));
    }

    Future<User> create(
            @Nullable Caller caller, String username, String password, Role role, Optional<String> key, String body) {
        return passwords.hash(password).compose(hash -> {
            var now = clock.utc();
            var user = new User(Ids.next(), username, hash, role, false, now, 1, now, now);
            var idempotency = key.map(k ->
                            IdempotencyStore.Key.of(caller == null ? NOBODY : caller.userId(), "createUser", k, body))
                    .orElse(null);
            var entry =
                    entry(caller, "user.create", user.id(), null, user.toJson().encode());
            return store.insert(user, idempotency, entry)
                    .compose(earlier -> earlier.isPresent() ? find(earlier.get()) : Future.succeededFuture(user));
        });
    }

    Future<User> update(Caller caller, String idOrName, Patch patch, @Nullable Long ifMatch) {
        return find(idOrName).compose(user -> {
            if (ifMatch != null && ifMatch != user.version()) {
                return Future.failedFuture(new ApiException(
                        ErrorCode.PRECONDITION_FAILED, "The user was changed meanwhile; read it again."));
            }
            Future<String> hash = patch.password() == null
                    ? Future.succeededFuture(user.passwordHash())
                    : passwords.hash(patch.password());
            return hash.compose(h -> save(caller, user, changed(user, patch, h)));
        });
    }

    Future<Void> changePassword(Caller caller, String oldPassword, String newPassword) {
        return find(caller.userId().toString())
                .compose(user -> passwords
                        .matches(oldPassword, user.passwordHash())
                        .compose(ok -> {
                            if (!ok) {
                                return Future.failedFuture(
                                        new ApiException(ErrorCode.INVALID_CREDENTIALS, "The old password is wrong."));
                            }
                            return passwords
                                    .hash(newPassword)
                                    .compose(hash -> save(
                                            caller, user, changed(user, new Patch(null, newPassword, null), hash)));
                        }))
                .mapEmpty();
    }

    /** Whatever changes what a user may do ends the tokens given out so far. */
    private User changed(User user, Patch patch, String hash) {
        var now = clock.utc();
        Role role = patch.role() == null ? user.role() : patch.role();
        boolean disabled = patch.disabled() == null ? user.disabled() : patch.disabled();
        return new User(
                user.id(), user.username(), hash, role, disabled, now, user.version() + 1, user.createdAt(), now);
    }

    private Future<User> save(Caller caller, User before, User after) {
        boolean losesAdmin = before.role() == Role.ADMIN && (after.role() != Role.ADMIN || after.disabled());
        var entry = entry(
                caller,
                "user.update",
                after.id(),
                before.toJson().encode(),
                after.toJson().encode());
        return store.update(after, before.version(), losesAdmin, entry)
                .onSuccess(done -> news.userChanged(new AccountMessages.UserChanged(
                        after.id(), after.disabled(), after.tokensValidFrom().toInstant())))
                .map(after);
    }

    /** Refused while jobs of the user are not finished. */
    Future<Void> delete(Caller caller, String idOrName) {
        return find(idOrName).compose(user -> bus.request(new JobMessages.CountActiveJobs(null, user.id()))
                .compose(active -> active.count() > 0
                        ? Future.failedFuture(new ApiException(
                                ErrorCode.HAS_ACTIVE_JOBS,
                                active.count() + " jobs of this user are not finished; cancel them or wait."))
                        : delete(caller, user)));
    }

    private Future<Void> delete(Caller caller, User user) {
        var now = clock.utc();
        var entry = entry(caller, "user.delete", user.id(), user.toJson().encode(), null);
        return store.delete(user.id(), user.role() == Role.ADMIN, now, entry)
                .onSuccess(done -> news.userChanged(new AccountMessages.UserChanged(user.id(), true, now.toInstant())));
    }

    private static AuditEntry entry(
            @Nullable Caller caller, String action, UUID id, @Nullable String before, @Nullable String after) {
        return new AuditEntry(
                caller == null ? "system" : caller.actor(),
                action,
                "user/" + id,
                before,
                after,
                caller == null ? null : caller.requestId());
    }

    private static Optional<UUID> uuid(String text) {
        try {
            return Optional.of(UUID.fromString(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
