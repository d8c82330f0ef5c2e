package dev.stationmaster.accounts;

import static dev.stationmaster.accounts.AccountsKit.PASSWORD;
import static dev.stationmaster.testing.TestStores.await;
import static dev.stationmaster.testing.TestStores.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import dev.stationmaster.testing.TestStores;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SessionServiceTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    private AccountsKit kit;
    private User ann;

    @BeforeEach
    void start() {
        kit = new AccountsKit(STORES);
        ann = kit.user(AccountsKit.unique("ann"), Role.DEVELOPER);
    }

    private SessionService.Signed login() {
        return await(kit.sessions.login(ann.username(), PASSWORD, "10.0.0.1"));
    }

    private static ErrorCode code(Future<?> future) {
        return ((ApiException) failure(future)).code();
    }

    @Test
    void signing_in_gives_a_token_that_says_who() {
        var claims = await(kit.jwt.verify(login().accessToken()));
        assertThat(claims.subject()).isEqualTo(ann.id().toString());
        assertThat(claims.role()).isEqualTo("developer");
    }

    @Test
    void names_are_the_same_in_capitals() {
        await(kit.sessions.login(ann.username().toUpperCase(java.util.Locale.ROOT), PASSWORD, "10.0.0.1"));
    }

    @Test
    void unknown_wrong_and_disabled_sound_the_same() {
        User off = kit.user(AccountsKit.unique("off"), Role.VIEWER);
        await(kit.users.update(AccountsKit.as(ann), off.username(), new UserService.Patch(null, null, true), null));
        var messages = List.of(
                failure(kit.sessions.login("nobody-at-all", PASSWORD, "10.0.0.2"))
                        .getMessage(),
                failure(kit.sessions.login(ann.username(), "wrong", "10.0.0.3")).getMessage(),
                failure(kit.sessions.login(off.username(), PASSWORD, "10.0.0.4"))
                        .getMessage());
        assertThat(messages.stream().distinct()).hasSize(1);
    }

    @Test
    void guessing_is_stopped_even_with_the_right_password_at_last() {
        for (int i = 0; i < 5; i++) {
            assertThat(code(kit.sessions.login(ann.username(), "guess " + i, "10.0.0." + i)))
                    .isEqualTo(ErrorCode.INVALID_CREDENTIALS);
        }
        var refused = catchThrowableOfType(
                ApiException.class, () -> await(kit.sessions.login(ann.username(), PASSWORD, "10.0.0.99")));
        assertThat(refused.code()).isEqualTo(ErrorCode.TOO_MANY_REQUESTS);
        kit.clock.advance(Duration.ofSeconds(refused.retryAfterSeconds()));
        login();
    }

    @Test
    void refreshing_trades_the_token_for_the_next() {
        var first = login();
        var second = await(kit.sessions.refresh(first.refreshToken()));
        assertThat(second.refreshToken()).isNotEqualTo(first.refreshToken());
        var third = await(kit.sessions.refresh(second.refreshToken()));
        var sessions = List.of(first, second, third).stream()
                .map(s -> await(kit.jwt.verify(s.accessToken())).session())
                .distinct();
        assertThat(sessions).as("one sign-in").hasSize(1);
    }

    @Test
    void a_token_used_twice_ends_the_whole_family() {
        var first = login();
        var second = await(kit.sessions.refresh(first.refreshToken()));
        assertThat(code(kit.sessions.refresh(first.refreshToken()))).isEqualTo(ErrorCode.TOKEN_REUSED);
        assertThat(code(kit.sessions.refresh(second.refreshToken()))).isEqualTo(ErrorCode.UNAUTHENTICATED);
        kit.assertRefused(second.accessToken(), ErrorCode.UNAUTHENTICATED);
        assertThat(STORES.sql(
                        "SELECT 1 FROM audit_log WHERE action = 'session.token_reused' AND target = $1",
                        "user/" + ann.id()))
                .hasSize(1);
    }

    @Test
    void of_two_refreshes_at_once_only_one_wins() {
        var signed = login();
        var a = kit.sessions.refresh(signed.refreshToken());
        var b = kit.sessions.refresh(signed.refreshToken());
        await(Future.join(a, b).otherwiseEmpty());
        assertThat(List.of(a, b)).filteredOn(Future::succeeded).hasSize(1);
    }

    @Test
    void another_sign_in_lives_on_when_a_family_ends() {
        var mine = login();
        var stolen = login();
        await(kit.sessions.refresh(stolen.refreshToken()));
        assertThat(code(kit.sessions.refresh(stolen.refreshToken()))).isEqualTo(ErrorCode.TOKEN_REUSED);
        await(kit.sessions.refresh(mine.refreshToken()));
    }

    @Test
    void refresh_tokens_end_with_their_time() {
        var signed = login();
        kit.clock.advance(AccountsKit.REFRESH.plusSeconds(1));
        assertThat(code(kit.sessions.refresh(signed.refreshToken()))).isEqualTo(ErrorCode.TOKEN_EXPIRED);
        assertThat(code(kit.sessions.refresh("smr_unknown"))).isEqualTo(ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void a_disabled_user_cannot_refresh() {
        var signed = login();
        await(kit.users.update(AccountsKit.as(ann), ann.username(), new UserService.Patch(null, null, true), null));
        assertThat(code(kit.sessions.refresh(signed.refreshToken()))).isEqualTo(ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void after_signing_out_no_token_of_the_session_counts() {
        var signed = login();
        var caller = await(kit.authenticator.authenticate(signed.accessToken(), "r"));
        await(kit.sessions.logout(caller, caller.session()));
        kit.assertRefused(signed.accessToken(), ErrorCode.UNAUTHENTICATED);
        assertThat(code(kit.sessions.refresh(signed.refreshToken()))).isEqualTo(ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void an_api_token_cannot_sign_out() {
        assertThat(code(kit.sessions.logout(AccountsKit.as(ann), null))).isEqualTo(ErrorCode.INVALID_STATE);
    }

    @Test
    void tokens_are_stored_hashed_and_never_shown() {
        var signed = login();
        assertThat(signed.toString()).doesNotContain(signed.refreshToken());
        assertThat(STORES.sql("SELECT t::text FROM refresh_tokens t"))
                .noneMatch(row -> row.getString(0).contains(signed.refreshToken()));
        assertThat(STORES.sql("SELECT u::text || (SELECT string_agg(l::text, '') FROM audit_log l) FROM users u"))
                .noneMatch(row -> row.getString(0).contains(PASSWORD));
    }
}
