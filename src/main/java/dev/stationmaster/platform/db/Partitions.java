package dev.stationmaster.platform.db;

import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.List;

/**
 * Makes the daily partitions of high-rate tables ahead of time and drops those that are older than the retention. A
 * default partition catches rows whose day has none, so that nothing is ever refused. Safe to run on many replicas.
 */
public final class Partitions {
    private static final int DAYS_AHEAD = 3;
    private static final DateTimeFormatter SUFFIX = DateTimeFormatter.BASIC_ISO_DATE;

    private final Database database;
    private final Clock clock;
    private final List<String> tables;
    private final Duration retention;

    public Partitions(Database database, Clock clock, List<String> tables, Duration retention) {
        this.database = database;
        this.clock = clock;
        this.tables = List.copyOf(tables);
        this.retention = retention;
    }

    public Future<Void> maintain() {
        LocalDate today = clock.utc().toLocalDate();
        var sql = new StringBuilder("SELECT pg_advisory_xact_lock(7266127465728);\n");
        for (String table : tables) {
            for (int day = 0; day <= DAYS_AHEAD; day++) {
                sql.append(create(table, today.plusDays(day)));
            }
            sql.append(drop(table, today.minusDays(retention.toDays())));
        }
        return database.pool().query(sql.toString()).execute().mapEmpty();
    }

    /** A day that already has rows in the default partition keeps them there. */
    private static String create(String table, LocalDate day) {
        return """
                DO $$ BEGIN
                  CREATE TABLE IF NOT EXISTS %1$s_%2$s PARTITION OF %1$s
                    FOR VALUES FROM ('%3$sT00:00:00Z') TO ('%4$sT00:00:00Z');
                EXCEPTION WHEN check_violation THEN NULL; END $$;
                """.formatted(table, day.format(SUFFIX), day, day.plusDays(1));
    }

    private static String drop(String table, LocalDate before) {
        return """
                DO $$ DECLARE old text; BEGIN
                  FOR old IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                    WHERE i.inhparent = '%1$s'::regclass AND c.relname ~ '_[0-9]{8}$' AND right(c.relname, 8) < '%2$s'
                  LOOP EXECUTE format('DROP TABLE %%I', old); END LOOP;
                  DELETE FROM %1$s_default WHERE at < '%3$sT00:00:00Z';
                END $$;
                """.formatted(table, before.format(SUFFIX), before);
    }
}
