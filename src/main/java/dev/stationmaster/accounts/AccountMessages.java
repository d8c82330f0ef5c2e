package dev.stationmaster.accounts;

import dev.stationmaster.platform.bus.BusMessage;
import dev.stationmaster.platform.bus.Request;
import java.time.Instant;
import java.util.List;
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

    /** What may these users use, and with which weight? For the dispatcher, who asks for many at once. */
    record FindOwners(List<UUID> ownerIds) implements Request<OwnersFound> {
        public FindOwners {
            ownerIds = List.copyOf(ownerIds);
        }
    }

    record OwnersFound(List<OwnerLimits> owners) implements BusMessage {
        public OwnersFound {
            owners = List.copyOf(owners);
        }
    }

    /** Null: no limit. */
    record OwnerLimits(
            UUID ownerId,
            double weight,
            @Nullable Long cpuMillis,
            @Nullable Long memoryBytes,
            @Nullable Long gpus,
            @Nullable Long storageBytes,
            @Nullable Long jobs,
            List<QueueLimits> queues) {
        public OwnerLimits {
            queues = List.copyOf(queues);
        }
    }

    /** Inside one queue. Null: no further limit. */
    record QueueLimits(
            String queue,
            @Nullable Long cpuMillis,
            @Nullable Long memoryBytes,
            @Nullable Long gpus,
            @Nullable Long storageBytes,
            @Nullable Long jobs) {}

    /** Limits on what runs at the same time. */
    record QuotaFound(
            long cpuMillis,
            long memoryBytes,
            int gpus,
            long storageBytes,
            @Nullable Long budgetNanos) implements BusMessage {}

    record FindUser(UUID userId) implements Request<UserFound> {}

    /**
     * Both null: there is no such user (any more).
     *
     * @param disabled may not sign in, nor start anything new
     */
    record UserFound(@Nullable String username, @Nullable String role, boolean disabled) implements BusMessage {}
}
