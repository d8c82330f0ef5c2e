package dev.stationmaster.testing;

import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.bus.MessageTypes;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.redis.RedisLink;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Real stores for one test class: a database of its own, migrated, and an empty Redis, with what is needed to use them.
 * Register it as {@code @RegisterExtension static final TestStores STORES = new TestStores();}.
 */
public final class TestStores implements BeforeAllCallback, AfterAllCallback {
    private static final long PATIENCE_SECONDS = 20;

    private Vertx vertx;
    private String databaseUrl;
    private String redisUrl;
    private Database database;
    private Bus bus;

    @Override
    public void beforeAll(ExtensionContext context) {
        SharedStores shared = SharedStores.of(context);
        databaseUrl = shared.freshDatabase();
        redisUrl = shared.redisUrl();
        vertx = Vertx.vertx();
        Bus.registerCodec(vertx, MessageTypes.of(List.of()));
        bus = new Bus(vertx, new SimpleMeterRegistry());
        database = Database.open(vertx, databaseUrl, 8, Duration.ofSeconds(10));
        flushRedis();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        await(database.close());
        await(vertx.close());
        SharedStores.of(context).drop(databaseUrl);
    }

    public Vertx vertx() {
        return vertx;
    }

    public String databaseUrl() {
        return databaseUrl;
    }

    public String redisUrl() {
        return redisUrl;
    }

    public Database database() {
        return database;
    }

    public Bus bus() {
        return bus;
    }

    /** A link of its own; the test closes it. */
    public RedisLink redis() {
        return await(RedisLink.open(vertx, redisUrl, link -> {}, push -> {}));
    }

    public void flushRedis() {
        RedisLink link = redis();
        await(link.send(io.vertx.redis.client.Request.cmd(io.vertx.redis.client.Command.FLUSHDB)));
        await(link.close());
    }

    /** Runs one statement and returns its rows. */
    public List<Row> sql(String statement, Object... arguments) {
        return await(database.pool()
                .preparedQuery(statement)
                .execute(Tuple.from(arguments))
                .map(rows -> {
                    var list = new ArrayList<Row>();
                    rows.forEach(list::add);
                    return list;
                }));
    }

    /** The result of a future, on the thread of the test. */
    public static <T> T await(Future<T> future) {
        try {
            return future.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError("nothing within " + PATIENCE_SECONDS + " s", e);
        }
    }

    /** How a future failed; fails the test when it did not. */
    public static Throwable failure(Future<?> future) {
        return await(future.transform(result -> Future.succeededFuture(
                result.failed() ? result.cause() : new AssertionError("succeeded with " + result.result()))));
    }
}
