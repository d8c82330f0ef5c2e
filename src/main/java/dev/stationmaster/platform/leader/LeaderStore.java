package dev.stationmaster.platform.leader;

import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;

/** Lease rows. Times are PostgreSQL's, so that replicas with different clocks agree. */
public final class LeaderStore {
    private static final String TAKE_OR_RENEW = """
            INSERT INTO leader_leases AS l (name, holder, fence, expires_at)
            VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
            ON CONFLICT (name) DO UPDATE SET
              holder = excluded.holder,
              fence = CASE WHEN l.holder = excluded.holder THEN l.fence ELSE l.fence + 1 END,
              expires_at = excluded.expires_at
            WHERE l.holder = excluded.holder OR l.expires_at < clock_timestamp()""";
    private static final String END_EARLIER = """
            UPDATE leader_leases SET holder = '', expires_at = '-infinity'
            WHERE name = $1 AND starts_with(holder, $2) AND holder <> $3""";
    /** The row stays, so that the fence rises for the next holder too. */
    private static final String RELEASE =
            "UPDATE leader_leases SET holder = '', expires_at = '-infinity' WHERE name = $1 AND holder = $2";

    private final Database database;

    public LeaderStore(Database database) {
        this.database = database;
    }

    /** Whether {@code holder} has the lease now, for {@code ttl} from now. */
    public Future<Boolean> takeOrRenew(String name, String holder, Duration ttl) {
        return database.pool()
                .preparedQuery(TAKE_OR_RENEW)
                .execute(Tuple.of(name, holder, ttl.toMillis()))
                .map(rows -> rows.rowCount() == 1);
    }

    /** Ends the lease of an earlier life of this server, which is known to be dead; {@code prefix} names the server. */
    public Future<Void> endEarlier(String name, String prefix, String holder) {
        return database.pool()
                .preparedQuery(END_EARLIER)
                .execute(Tuple.of(name, prefix, holder))
                .mapEmpty();
    }

    public Future<Void> release(String name, String holder) {
        return database.pool()
                .preparedQuery(RELEASE)
                .execute(Tuple.of(name, holder))
                .mapEmpty();
    }
}
