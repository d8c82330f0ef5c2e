package dev.stationmaster.accounts;

import dev.stationmaster.platform.bus.BusMessage;
import dev.stationmaster.platform.bus.Request;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What accounts say to others. */
public interface AccountMessages {
    /** Access tokens of this user issued before {@code tokensValidFrom} are void. */
    record UserChanged(UUID userId, boolean disabled, Instant tokensValidFrom) implements BusMessage {}

    /** Access tokens of this sign-in are void. */
    record SessionEnded(UUID session, Instant at) implements BusMessage {}

    record TokenRevoked(UUID tokenId) implements BusMessage {}

    record QuotaChanged(UUID userId) implements BusMessage {}

    /** What may this user use? */
    record FindQuota(UUID userId) implements Request<QuotaFound> {}

    /** Limits on what runs at the same time. */
    record QuotaFound(
            long cpuMillis, long memoryBytes, int gpus, long storageBytes, @Nullable Long budgetNanos)
            implements BusMessage {}
}
