package dev.stationmaster.testing;

import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.Role;
import java.time.Instant;
import java.util.UUID;

/** Callers and rows that many tests need. */
public final class Samples {
    private Samples() {}

    public static Caller caller(UUID id, String name, Role role) {
        return new Caller(id, name, role, null, null, null, null, Instant.MAX, "request-1");
    }

    /** A row in users; the password is no hash of anything. */
    public static Caller user(TestStores stores, String name, Role role) {
        UUID id = UUID.randomUUID();
        stores.sql(
                "INSERT INTO users (id, username, password_hash, role, tokens_valid_from, created_at, updated_at)"
                        + " VALUES ($1, $2, 'none', $3, now(), now(), now())",
                id,
                name,
                role.wireName());
        return caller(id, name, role);
    }
}
