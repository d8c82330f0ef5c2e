package dev.stationmaster.platform.db;

import io.vertx.core.Future;
import io.vertx.sqlclient.Tuple;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.flywaydb.core.Flyway;
import org.postgresql.ds.PGSimpleDataSource;

/** Brings the schema up to date with Flyway. Blocking: called once at start, before any verticle. */
public final class Migrations {
    /** The version of the newest file in {@code db/migration}; a test compares them. */
    static final String NEWEST = "020";

    private static final String STATE = """
            SELECT count(*) FILTER (WHERE version = $1 AND success) = 1 AND bool_and(success) FROM flyway_schema_history""";

    private Migrations() {}

    /** Whether nothing is to be done: one query instead of the second that Flyway takes to find that out. */
    public static Future<Boolean> isCurrent(Database database) {
        return database.pool()
                .preparedQuery(STATE)
                .execute(Tuple.of(NEWEST))
                .map(rows -> rows.iterator().next().getBoolean(0))
                .otherwise(false); // no such table yet, or no answer: Flyway will say what is wrong
    }

    /** Returns how many migrations ran. Replicas may call it at once; Flyway takes a lock. */
    public static int run(String url) {
        return Flyway.configure()
                .dataSource(dataSource(url))
                .locations("classpath:db/migration")
                .connectRetries(20)
                .load()
                .migrate()
                .migrationsExecuted;
    }

    static PGSimpleDataSource dataSource(String url) {
        var uri = URI.create(url);
        var source = new PGSimpleDataSource();
        source.setServerNames(new String[] {uri.getHost()});
        source.setPortNumbers(new int[] {uri.getPort() < 0 ? 5432 : uri.getPort()});
        source.setDatabaseName(uri.getPath().substring(1));
        String[] login = uri.getRawUserInfo() == null
                ? new String[0]
                : uri.getRawUserInfo().split(":", 2);
        if (login.length > 0) {
            source.setUser(URLDecoder.decode(login[0], StandardCharsets.UTF_8));
        }
        if (login.length > 1) {
            source.setPassword(URLDecoder.decode(login[1], StandardCharsets.UTF_8));
        }
        return source;
    }
}
