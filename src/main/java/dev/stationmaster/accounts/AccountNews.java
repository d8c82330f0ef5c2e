package dev.stationmaster.accounts;

import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.time.Clock;
import java.util.UUID;

/**
 * Tells that access ended: on this server at once, so that it is true when the caller is answered, elsewhere by the bus.
 * Thread-safe.
 */
final class AccountNews {
    private final Bus bus;
    private final Revocations revocations;
    private final Clock clock;

    AccountNews(Bus bus, Revocations revocations, Clock clock) {
        this.bus = bus;
        this.revocations = revocations;
        this.clock = clock;
    }

    void sessionEnded(UUID session) {
        var ended = new AccountMessages.SessionEnded(session, clock.now());
        revocations.add(ended);
        bus.publish(ended);
    }

    void userChanged(AccountMessages.UserChanged changed) {
        revocations.add(changed);
        bus.publish(changed);
    }

    void tokenRevoked(UUID tokenId) {
        revocations.addToken(tokenId, clock.now());
        bus.publish(new AccountMessages.TokenRevoked(tokenId));
    }
}
