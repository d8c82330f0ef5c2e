package dev.stationmaster.accounts;

import static dev.stationmaster.accounts.AccountsKit.PASSWORD;
import static dev.stationmaster.testing.TestStores.await;
import static dev.stationmaster.testing.TestStores.failure;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.jobs.JobMessages;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import dev.stationmaster.testing.TestStores;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class UserServiceTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    private AccountsKit kit;
    private User root;
    private Caller asRoot;

    private static final AtomicLong ACTIVE_JOBS = new AtomicLong();

    @BeforeAll
    static void jobs() {
        STORES.bus()
                .answer(
                        JobMessages.CountActiveJobs.class,
                        q -> Future.succeededFuture(new JobMessages.ActiveJobs(ACTIVE_JOBS.get())));
    }

    @BeforeEach
    void start() {
        ACTIVE_JOBS.set(0);
        STORES.sql("TRUNCATE users CASCADE");
        kit = new AccountsKit(STORES);
        root = kit.user("admin", Role.ADMIN);
        asRoot = AccountsKit.as(root);
    }

    private static ErrorCode code(Future<?> future) {
        return ((ApiException) failure(future)).code();
    }

    private Future<User> patch(String name, Role role, Boolean disabled) {
        return kit.users.update(asRoot, name, new UserService.Patch(role, null, disabled), null);
    }

    @Test
    void the_last_administrator_stays() {
        assertThat(code(patch("admin", Role.OPERATOR, null))).isEqualTo(ErrorCode.LAST_ADMIN);
        assertThat(code(patch("admin", null, true))).isEqualTo(ErrorCode.LAST_ADMIN);
        assertThat(code(kit.users.delete(asRoot, "admin"))).isEqualTo(ErrorCode.LAST_ADMIN);
        assertThat(await(kit.users.find("admin")).disabled()).isFalse();
    }

    @Test
    void a_disabled_administrator_is_none() {
        kit.user("second", Role.ADMIN);
        await(patch("second", null, true));
        assertThat(code(kit.users.delete(asRoot, "admin"))).isEqualTo(ErrorCode.LAST_ADMIN);
    }

    @Test
    void two_administrators_cannot_remove_each_other_at_once() {
        kit.user("second", Role.ADMIN);
        var a = kit.users.delete(asRoot, "admin");
        var b = kit.users.delete(asRoot, "second");
        await(Future.join(a, b).otherwiseEmpty());
        assertThat(List.of(a, b)).filteredOn(Future::succeeded).hasSize(1);
    }

    @Test
    void a_user_with_unfinished_jobs_stays() {
        kit.user("ann", Role.VIEWER);
        ACTIVE_JOBS.set(2);
        assertThat(code(kit.users.delete(asRoot, "ann"))).isEqualTo(ErrorCode.HAS_ACTIVE_JOBS);
    }

    @Test
    void the_first_start_makes_one_administrator_and_the_second_none() {
        assertThat(await(kit.users.createFirstAdmin("another password"))).isFalse();
        STORES.sql("TRUNCATE users CASCADE");
        assertThat(await(kit.users.createFirstAdmin(PASSWORD))).isTrue();
        await(kit.sessions.login("admin", PASSWORD, "10.0.0.1"));
    }

    @Test
    void names_are_taken_once_and_free_again_after_deletion() {
        kit.user("ann", Role.VIEWER);
        assertThat(code(kit.users.create(asRoot, "ann", PASSWORD, Role.VIEWER, Optional.empty(), "")))
                .isEqualTo(ErrorCode.NAME_TAKEN);
        await(kit.users.delete(asRoot, "ann"));
        kit.user("ann", Role.VIEWER);
    }

    @Test
    void creating_is_idempotent_with_a_key() {
        var key = Optional.of("k-1");
        User first = await(kit.users.create(asRoot, "ann", PASSWORD, Role.VIEWER, key, "body"));
        User again = await(kit.users.create(asRoot, "ann", PASSWORD, Role.VIEWER, key, "body"));
        assertThat(again.id()).isEqualTo(first.id());
        assertThat(code(kit.users.create(asRoot, "bob", PASSWORD, Role.VIEWER, key, "other body")))
                .isEqualTo(ErrorCode.IDEMPOTENCY_KEY_REUSED);
    }

    @Test
    void an_old_version_changes_nothing() {
        kit.user("ann", Role.VIEWER);
        var patch = new UserService.Patch(Role.DEVELOPER, null, null);
        User changed = await(kit.users.update(asRoot, "ann", patch, 1L));
        assertThat(changed.version()).isEqualTo(2);
        assertThat(code(kit.users.update(asRoot, "ann", patch, 1L))).isEqualTo(ErrorCode.PRECONDITION_FAILED);
        assertThat(await(kit.users.update(asRoot, "ann", patch, 2L)).version()).isEqualTo(3);
    }

    @Test
    void a_password_is_changed_only_by_who_knows_the_old_one() {
        User ann = kit.user("ann", Role.VIEWER);
        var caller = AccountsKit.as(ann);
        assertThat(code(kit.users.changePassword(caller, "wrong", "brand new one")))
                .isEqualTo(ErrorCode.INVALID_CREDENTIALS);
        await(kit.users.changePassword(caller, PASSWORD, "brand new one"));
        assertThat(code(kit.sessions.login("ann", PASSWORD, "a"))).isEqualTo(ErrorCode.INVALID_CREDENTIALS);
        await(kit.sessions.login("ann", "brand new one", "a"));
    }

    @Test
    void lists_in_pages_by_name() {
        List.of("dan", "bob", "cid")
                .forEach(name -> assertThat(kit.user(name, Role.VIEWER)).isNotNull());
        var page = await(kit.users.list(2, null));
        assertThat(page.items()).extracting(User::username).containsExactly("admin", "bob");
        var next = await(kit.users.list(2, page.nextCursor()));
        assertThat(next.items()).extracting(User::username).containsExactly("cid", "dan");
        assertThat(next.nextCursor()).isNull();
    }

    @Test
    void users_are_found_by_name_and_id_and_show_no_hash() {
        assertThat(await(kit.users.find(root.id().toString()))).isEqualTo(await(kit.users.find("admin")));
        assertThat(code(kit.users.find("nobody"))).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(root.toJson().encode() + root).doesNotContain("argon2", root.passwordHash());
    }

    @Test
    void api_tokens_are_never_stronger_than_their_maker() {
        User ann = kit.user("ann", Role.DEVELOPER);
        var caller = AccountsKit.as(ann);
        var day = java.time.Duration.ofDays(1);
        for (Role above : List.of(Role.ADMIN, Role.OPERATOR)) {
            assertThat(code(kit.tokens.create(caller, "t", above, null, day))).isEqualTo(ErrorCode.FORBIDDEN);
        }
        for (Role same : List.of(Role.DEVELOPER, Role.VIEWER)) {
            assertThat(await(kit.tokens.create(caller, "t", same, null, day))
                            .token()
                            .role())
                    .isEqualTo(same);
        }
        assertThat(code(kit.tokens.create(caller, "t", Role.AGENT, null, day))).isEqualTo(ErrorCode.BAD_REQUEST);
        assertThat(code(kit.tokens.create(caller, "t", Role.VIEWER, 7L, day))).isEqualTo(ErrorCode.BAD_REQUEST);
        assertThat(await(kit.tokens.create(caller, "t", Role.AGENT, 7L, day))
                        .token()
                        .agentId())
                .isEqualTo(7);
    }

    @Test
    void people_see_and_revoke_their_own_api_tokens_and_administrators_all() {
        User ann = kit.user("ann", Role.DEVELOPER);
        User bob = kit.user("bob", Role.DEVELOPER);
        var day = java.time.Duration.ofDays(1);
        var anns = await(kit.tokens.create(AccountsKit.as(ann), "t", Role.VIEWER, null, day));
        assertThat(anns.toString()).doesNotContain(anns.value());
        assertThat(await(kit.tokens.list(AccountsKit.as(bob), 10, null)).items())
                .isEmpty();
        assertThat(await(kit.tokens.list(asRoot, 10, null)).items()).hasSize(1);
        assertThat(code(kit.tokens.revoke(AccountsKit.as(bob), anns.token().id())))
                .isEqualTo(ErrorCode.NOT_FOUND);
        await(kit.tokens.revoke(asRoot, anns.token().id()));
        assertThat(await(kit.tokens.list(AccountsKit.as(ann), 10, null))
                        .items()
                        .get(0)
                        .revokedAt())
                .isNotNull();
        assertThat(STORES.sql("SELECT t::text FROM api_tokens t").get(0).getString(0))
                .doesNotContain(anns.value());
    }
}
