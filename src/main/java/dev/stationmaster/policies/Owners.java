package dev.stationmaster.policies;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.stationmaster.accounts.AccountMessages;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.policies.Facts.Owner;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.UUID;

/** What is known of owners, remembered for seconds; changed users are forgotten at once. Thread-safe. */
final class Owners {
    private static final int MAX_ENTRIES = 10_000;
    private static final Duration CACHE = Duration.ofSeconds(5);

    private final Bus bus;
    private final Cache<UUID, Owner> known = Caffeine.newBuilder()
            .maximumSize(MAX_ENTRIES)
            .expireAfterWrite(CACHE)
            .build();

    Owners(Bus bus) {
        this.bus = bus;
    }

    void subscribe() {
        bus.on(AccountMessages.UserChanged.class, m -> known.invalidate(m.userId()));
    }

    /** @param username as the job or agent has it, for users who are gone */
    Future<Owner> find(UUID id, String username) {
        Owner owner = known.getIfPresent(id);
        return owner != null
                ? Future.succeededFuture(owner)
                : bus.request(new AccountMessages.FindUser(id))
                        .map(found -> {
                            String name = found.username();
                            return new Owner(id, name == null ? username : name, found.role());
                        })
                        .onSuccess(found -> known.put(id, found));
    }
}
