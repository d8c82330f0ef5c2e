package dev.stationmaster.gateway.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.accounts.AccountMessages.SessionEnded;
import dev.stationmaster.accounts.AccountMessages.UserChanged;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.Role;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** WebSockets end with what they were opened with. */
class SignedOutTest {
    private static final int CODE = 4401;
    private static final UUID ANN = new UUID(1, 1);
    private static final UUID BOB = new UUID(1, 2);
    private static final UUID SESSION = new UUID(2, 1);

    private final LiveKit kit = LiveKit.start();

    @AfterEach
    void close() {
        kit.close();
    }

    private Caller caller(UUID user, UUID job, UUID session) {
        var end = kit.clock.now().plus(Duration.ofMinutes(15));
        return new Caller(user, "tester", Role.VIEWER, null, job, session, null, end, "request");
    }

    private Watcher open(String token, Caller caller) {
        kit.tokens.put(token, caller);
        return kit.connect("/ws", token).watch("queue");
    }

    @Test
    void signing_out_closes_the_sockets_of_that_session_only() {
        Watcher mine = open("a", caller(ANN, null, SESSION));
        Watcher other = open("b", caller(ANN, null, new UUID(2, 2)));
        Watcher token = open("c", caller(ANN, null, null));
        kit.bus.publish(new SessionEnded(SESSION, kit.clock.now()));
        assertThat(mine.closeCode()).isEqualTo(CODE);
        other.takeNothing();
        token.takeNothing();
    }

    @Test
    void a_disabled_user_has_no_sockets() {
        Watcher session = open("a", caller(ANN, null, SESSION));
        Watcher job = open("b", caller(ANN, LiveKit.JOB, null));
        Watcher other = open("c", caller(BOB, null, new UUID(2, 3)));
        kit.bus.publish(new UserChanged(ANN, true, kit.clock.now()));
        assertThat(session.closeCode()).isEqualTo(CODE);
        assertThat(job.closeCode()).isEqualTo(CODE);
        other.takeNothing();
    }

    @Test
    void a_changed_user_signs_in_again_but_jobs_go_on() {
        Watcher session = open("a", caller(ANN, null, SESSION));
        Watcher job = open("b", caller(ANN, LiveKit.JOB, null));
        kit.bus.publish(new UserChanged(ANN, false, kit.clock.now()));
        assertThat(session.closeCode()).isEqualTo(CODE);
        job.takeNothing();
        open("c", caller(ANN, null, new UUID(2, 4))).takeNothing();
    }

    @Test
    void a_ticket_of_a_session_that_ended_opens_nothing() {
        String ticket = kit.tickets.issue(caller(ANN, null, SESSION));
        kit.bus.publish(new SessionEnded(SESSION, kit.clock.now()));
        kit.taken();
        var socket = kit.client.webSocket();
        var late = new Watcher(socket); // before the connection, which ends at once
        LiveKit.await(socket.connect(kit.options("/ws?ticket=" + ticket)));
        assertThat(late.closeCode()).isEqualTo(CODE);
    }
}
