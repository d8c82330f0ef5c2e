package dev.stationmaster.platform.redis;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One pipelined connection that is made again, with growing pauses, whenever it breaks. While it is down every call
 * fails at once with {@link RedisDownException}; callers carry on from PostgreSQL. Bound to the event loop that opened
 * it.
 */
public final class RedisLink {
    /** No connection at the moment. */
    public static final class RedisDownException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        RedisDownException() {
            super("Redis is not reachable at the moment", null, false, false);
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(RedisLink.class);
    private static final long MAX_PAUSE_MS = 2_000;
    /** Commands without an answer yet; each link holds room for as many. */
    private static final int MAX_IN_FLIGHT = 20_000;

    private final Vertx vertx;
    private final Redis client;
    private final Consumer<RedisLink> onConnected;
    private final Consumer<Response> onPush;
    private @Nullable RedisConnection connection;
    private long pauseMs = 50;
    private boolean closed;

    private RedisLink(Vertx vertx, String url, Consumer<RedisLink> onConnected, Consumer<Response> onPush) {
        this.vertx = vertx;
        this.onConnected = onConnected;
        this.onPush = onPush;
        this.client = Redis.createClient(
                vertx, new RedisOptions().setConnectionString(url).setMaxWaitingHandlers(MAX_IN_FLIGHT));
    }

    /**
     * Starts connecting and completes after the first try, successful or not.
     *
     * @param onConnected runs after every new connection, also the first
     * @param onPush gets messages of channels that {@code onConnected} subscribed to
     */
    public static Future<RedisLink> open(
            Vertx vertx, String url, Consumer<RedisLink> onConnected, Consumer<Response> onPush) {
        var link = new RedisLink(vertx, url, onConnected, onPush);
        return link.connect().map(link);
    }

    public boolean isUp() {
        return connection != null;
    }

    public Future<@Nullable Response> send(Request request) {
        RedisConnection c = connection;
        return c == null ? Future.failedFuture(new RedisDownException()) : c.send(request);
    }

    /** Runs a script by its hash, and loads it first where the server does not know it. */
    public Future<@Nullable Response> run(LuaScript script, List<String> keys, List<String> args) {
        return send(request(Command.EVALSHA, script.sha1(), keys, args)).recover(error -> {
            String text = String.valueOf(error.getMessage());
            return text.startsWith("NOSCRIPT")
                    ? send(request(Command.EVAL, script.source(), keys, args))
                    : Future.failedFuture(error);
        });
    }

    public Future<Void> close() {
        closed = true;
        connection = null;
        client.close();
        return Future.succeededFuture();
    }

    private static Request request(Command command, String script, List<String> keys, List<String> args) {
        Request request = Request.cmd(command).arg(script).arg(keys.size());
        keys.forEach(request::arg);
        args.forEach(request::arg);
        return request;
    }

    private Future<Void> connect() {
        if (closed) {
            return Future.succeededFuture();
        }
        return client.connect().transform(result -> {
            if (result.failed()) {
                LOG.debug("Redis: {}", result.cause().toString());
                retry();
                return Future.succeededFuture();
            }
            RedisConnection made = result.result();
            made.exceptionHandler(error -> lost(made))
                    .endHandler(end -> lost(made))
                    .handler(onPush::accept);
            connection = made;
            pauseMs = 50;
            onConnected.accept(this);
            return Future.succeededFuture();
        });
    }

    private void lost(RedisConnection which) {
        if (connection == which) {
            connection = null;
            if (!closed) {
                LOG.warn("The connection to Redis broke; connecting again");
                which.close().onFailure(e -> LOG.debug("Closing a broken connection: {}", e.toString()));
                retry();
            }
        }
    }

    private void retry() {
        vertx.setTimer(pauseMs, id -> connect().onFailure(e -> LOG.warn("Redis", e)));
        pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2);
    }
}
