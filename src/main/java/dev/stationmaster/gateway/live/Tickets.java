package dev.stationmaster.gateway.live;

import dev.stationmaster.platform.security.Tokens;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Single-use tickets that let a browser, which cannot send an Authorization header with a WebSocket, open one. Thread-safe:
 * one object for all event loops of the process.
 *
 * <p>Tickets live in this process only. Behind a load balancer the WebSocket must reach the replica that issued the
 * ticket (session affinity), else it is answered 401 and the client asks for another.
 */
public final class Tickets {
    static final Duration LIFE = Duration.ofSeconds(30);
    static final int MAX_OPEN = 10_000;

    private record Ticket(Caller caller, long issuedNanos) {}

    private final Clock clock;
    private final Map<String, Ticket> open = new ConcurrentHashMap<>();

    public Tickets(Clock clock) {
        this.clock = clock;
    }

    /** Fails with TOO_MANY_REQUESTS while {@value #MAX_OPEN} tickets wait to be used. */
    public String issue(Caller caller) {
        if (open.size() >= MAX_OPEN) {
            long now = clock.nanos();
            open.values().removeIf(ticket -> isOver(ticket, now));
            if (open.size() >= MAX_OPEN) {
                throw ApiException.retryLater(
                        ErrorCode.TOO_MANY_REQUESTS, "Too many WebSocket tickets are waiting; try again soon.", 5);
            }
        }
        String ticket = Tokens.next("");
        open.put(ticket, new Ticket(caller, clock.nanos()));
        return ticket;
    }

    /** The caller, once, and only while the ticket is fresh. */
    public Optional<Caller> redeem(String ticket) {
        return Optional.ofNullable(open.remove(ticket))
                .filter(found -> !isOver(found, clock.nanos()))
                .map(Ticket::caller);
    }

    private static boolean isOver(Ticket ticket, long nowNanos) {
        return nowNanos - ticket.issuedNanos >= LIFE.toNanos();
    }
}
