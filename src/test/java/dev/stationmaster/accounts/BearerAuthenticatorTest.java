package dev.stationmaster.accounts;

import static dev.stationmaster.accounts.AccountsKit.PASSWORD;
import static dev.stationmaster.testing.TestStores.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.platform.process.Waits;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import dev.stationmaster.testing.TestStores;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class BearerAuthenticatorTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    private AccountsKit kit;
    private User ann;

    @BeforeEach
    void start() {
        kit = new AccountsKit(STORES);
        ann = kit.user(AccountsKit.unique("ann"), Role.OPERATOR);
    }

    private void assertAccepted(String token) {
        assertThat(await(kit.authenticator.authenticate(token, "r-1")).userId()).isEqualTo(ann.id());
    }

    private void assertRefused(String token, ErrorCode code) {
        kit.assertRefused(token, code);
    }

    private String access() {
        return await(kit.sessions.login(ann.username(), PASSWORD, "10.0.0.1")).accessToken();
    }

    private ApiTokenService.Created apiToken(Role role) {
        return await(kit.tokens.create(AccountsKit.as(ann), "t", role, null, Duration.ofDays(1)));
    }

    private void patch(UserService.Patch patch) {
        await(kit.users.update(AccountsKit.as(ann), ann.username(), patch, null));
    }

    @Test
    void the_caller_is_who_the_token_says() {
        var caller = await(kit.authenticator.authenticate(access(), "r-1"));
        assertThat(caller.username()).isEqualTo(ann.username());
        assertThat(caller.role()).isEqualTo(Role.OPERATOR);
        assertThat(caller.session()).isNotNull();
        assertThat(caller.requestId()).isEqualTo("r-1");
    }

    @Test
    void tokens_expire_also_when_their_signature_was_checked_before() {
        String token = access();
        assertAccepted(token);
        kit.clock.advance(AccountsKit.ACCESS.minusSeconds(1));
        assertAccepted(token);
        kit.clock.advance(Duration.ofSeconds(1));
        assertRefused(token, ErrorCode.TOKEN_EXPIRED);
        assertRefused(token, ErrorCode.TOKEN_EXPIRED);
    }

    @Test
    void disabling_a_user_ends_all_tokens_at_once() {
        String token = access();
        String api = apiToken(Role.VIEWER).value();
        assertAccepted(token);
        assertAccepted(api);
        patch(new UserService.Patch(null, null, true));
        assertRefused(token, ErrorCode.UNAUTHENTICATED);
        assertRefused(api, ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void a_new_password_or_role_ends_earlier_sign_ins_but_not_later_ones() {
        String before = access();
        kit.clock.advance(Duration.ofSeconds(2));
        patch(new UserService.Patch(Role.VIEWER, null, null));
        assertRefused(before, ErrorCode.UNAUTHENTICATED);
        String after = access();
        assertThat(await(kit.authenticator.authenticate(after, "r")).role()).isEqualTo(Role.VIEWER);
    }

    @Test
    void a_server_that_starts_knows_the_revocations_of_before() {
        String token = access();
        kit.clock.advance(Duration.ofSeconds(2));
        patch(new UserService.Patch(null, "another password", null));
        var restarted = new AccountsKit(STORES);
        await(restarted.userStore.changedSince(kit.clock.utc().minus(AccountsKit.ACCESS)))
                .forEach(restarted.revocations::add);
        restarted.assertRefused(token, ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void a_jobs_token_lives_through_its_owners_new_password_but_not_through_his_disabling() {
        String job = kit.jwt.forJob(ann.id(), ann.username(), 7, UUID.randomUUID(), 1, Duration.ofHours(1));
        kit.clock.advance(Duration.ofSeconds(2));
        patch(new UserService.Patch(null, "another password", null));
        assertAccepted(job);
        patch(new UserService.Patch(null, null, true));
        assertRefused(job, ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void forgetting_old_revocations_keeps_disabled_users_out() {
        String token = access();
        patch(new UserService.Patch(null, null, true));
        assertRefused(token, ErrorCode.UNAUTHENTICATED);
        kit.revocations.forget(kit.clock.now().plusSeconds(10_000));
        assertRefused(token, ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void api_tokens_count_until_revoked() {
        var created = apiToken(Role.VIEWER);
        assertAccepted(created.value());
        assertThat(await(kit.authenticator.authenticate(created.value(), "r")).role())
                .isEqualTo(Role.VIEWER);
        assertThat(kit.authenticator.takeLastUsed())
                .containsOnlyKeys(created.token().id());
        assertThat(kit.authenticator.takeLastUsed()).isEmpty();
        await(kit.tokens.revoke(AccountsKit.as(ann), created.token().id()));
        assertRefused(created.value(), ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void api_tokens_expire() {
        String token = apiToken(Role.VIEWER).value();
        kit.clock.advance(Duration.ofDays(1));
        assertRefused(token, ErrorCode.TOKEN_EXPIRED);
    }

    @Test
    void an_api_token_sinks_with_its_owners_role() {
        String token = apiToken(Role.OPERATOR).value();
        patch(new UserService.Patch(Role.VIEWER, null, null));
        assertThat(Waits.until(
                        () -> await(kit.authenticator.authenticate(token, "r")).role() == Role.VIEWER,
                        Duration.ofSeconds(10)))
                .isTrue();
    }

    @Test
    void unknown_tokens_of_either_kind_are_refused() {
        assertRefused("sm_unknown", ErrorCode.UNAUTHENTICATED);
        assertRefused("a.b.c", ErrorCode.UNAUTHENTICATED);
        assertRefused("", ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void another_servers_secret_makes_no_tokens_here() {
        var stranger = new dev.stationmaster.platform.security.JwtTokens(
                STORES.vertx(), kit.clock, "ffffffffffffffffffffffffffffffff");
        String forged = stranger.forUser(ann.id(), "ann", "admin", UUID.randomUUID(), Duration.ofMinutes(5));
        assertRefused(forged, ErrorCode.UNAUTHENTICATED);
    }
}
