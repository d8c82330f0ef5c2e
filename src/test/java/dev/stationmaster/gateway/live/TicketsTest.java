package dev.stationmaster.gateway.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import dev.stationmaster.testing.ManualClock;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class TicketsTest {
    private final ManualClock clock = new ManualClock();
    private final Tickets tickets = new Tickets(clock);
    private final Caller caller =
            new Caller(new UUID(0, 1), "ada", Role.VIEWER, null, null, null, null, clock.now(), "request");

    @Test
    void aTicketOpensOnce() {
        String ticket = tickets.issue(caller);
        assertThat(tickets.redeem(ticket)).contains(caller);
        assertThat(tickets.redeem(ticket)).isEmpty();
        assertThat(tickets.redeem("invented")).isEmpty();
    }

    @Test
    void aTicketLivesThirtySeconds() {
        String ticket = tickets.issue(caller);
        String late = tickets.issue(caller);
        clock.advance(Duration.ofMillis(29_999));
        assertThat(tickets.redeem(ticket)).contains(caller);
        clock.advance(Duration.ofMillis(1));
        assertThat(tickets.redeem(late)).isEmpty();
    }

    @Test
    void refusesWhenTooManyWaitUntilTheyAreOver() {
        for (int i = 0; i < Tickets.MAX_OPEN; i++) {
            assertThat(tickets.issue(caller)).isNotEmpty();
        }
        assertThatThrownBy(() -> tickets.issue(caller))
                .isInstanceOfSatisfying(
                        ApiException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_MANY_REQUESTS));
        clock.advance(Tickets.LIFE);
        assertThat(tickets.issue(caller)).isNotEmpty();
    }
}
