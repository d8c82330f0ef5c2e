package dev.stationmaster.jobs;

import dev.stationmaster.jobs.RunTimes.Quantiles;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** SQL of how long jobs ran lately. */
final class RunTimesStore {
    private static final String QUANTILES = """
            SELECT a.agent_id, percentile_cont(ARRAY[0.2, 0.5, 0.8]) WITHIN GROUP (ORDER BY ran.seconds) AS q
            FROM unnest($1::bigint[]) AS a(agent_id), LATERAL (
              SELECT extract(epoch FROM finished_at - started_at)::float8 AS seconds FROM jobs
              WHERE agent_id = a.agent_id AND state = 'succeeded' AND started_at IS NOT NULL
              ORDER BY finished_at DESC LIMIT 50
            ) AS ran
            GROUP BY a.agent_id""";

    private final Database database;

    RunTimesStore(Database database) {
        this.database = database;
    }

    /** Of the last 50 jobs of each agent that succeeded; agents without any are left out. */
    Future<RunTimes> of(Collection<Long> agentIds) {
        return database.pool()
                .preparedQuery(QUANTILES)
                .execute(Tuple.tuple().addArrayOfLong(agentIds.toArray(new Long[0])))
                .map(rows -> {
                    Map<Long, Quantiles> found = new HashMap<>();
                    rows.forEach(row -> {
                        Double[] q = row.getArrayOfDoubles("q");
                        found.put(row.getLong("agent_id"), new Quantiles(seconds(q[0]), seconds(q[1]), seconds(q[2])));
                    });
                    return new RunTimes(found);
                });
    }

    private static Duration seconds(double seconds) {
        return Duration.ofMillis(Math.max(0, Math.round(seconds * 1_000)));
    }
}
