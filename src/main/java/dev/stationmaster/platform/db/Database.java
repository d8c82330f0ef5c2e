package dev.stationmaster.platform.db;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.SqlConnection;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Owns the connection pool. Thread-safe. Only stores hold one. */
public final class Database {
    private static final String UNIQUE_VIOLATION = "23505";

    private final Pool pool;

    private Database(Pool pool) {
        this.pool = pool;
    }

    /** Opens lazily: no connection is made before the first query. */
    public static Database open(Vertx vertx, String url, int poolSize, Duration connectTimeout) {
        var connect = PgConnectOptions.fromUri(url)
                .setCachePreparedStatements(true)
                .setPreparedStatementCacheMaxSize(512)
                .addProperty("application_name", "stationmaster");
        var options = new PoolOptions()
                .setMaxSize(poolSize)
                .setMaxWaitQueueSize(20_000)
                .setConnectionTimeout((int) connectTimeout.toMillis())
                .setConnectionTimeoutUnit(TimeUnit.MILLISECONDS);
        return new Database(PgBuilder.pool()
                .with(options)
                .connectingTo(connect)
                .using(vertx)
                .build());
    }

    public Pool pool() {
        return pool;
    }

    public <T> Future<T> inTransaction(Function<SqlConnection, Future<T>> work) {
        return pool.withTransaction(work);
    }

    /** Succeeds when PostgreSQL answers. */
    public Future<Void> ping() {
        return pool.query("SELECT 1").execute().mapEmpty();
    }

    public Future<Void> close() {
        return pool.close();
    }

    public static boolean isUniqueViolation(Throwable error) {
        return error instanceof PgException pg && UNIQUE_VIOLATION.equals(pg.getSqlState());
    }
}
