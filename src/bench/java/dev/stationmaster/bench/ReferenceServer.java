package dev.stationmaster.bench;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.JWTOptions;
import io.vertx.ext.auth.PubSecKeyOptions;
import io.vertx.ext.auth.jwt.JWTAuth;
import io.vertx.ext.auth.jwt.JWTAuthOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.JWTAuthHandler;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The least that does the job: JWT, router, one {@code INSERT .. SELECT unnest} in flight for each event loop, then one
 * pipeline to Redis. No validation, roles, quota, budget, audit, events or metrics. The limit that goals A1, A3, A4 and F
 * compare with.
 *
 * <p>Arguments: port, event loops. DATABASE_URL and REDIS_URL come from the environment.
 */
final class ReferenceServer extends VerticleBase {
    static final String TABLE = "CREATE TABLE reference_jobs (id bigserial PRIMARY KEY, tenant text NOT NULL,"
            + " priority int NOT NULL, state text NOT NULL, payload jsonb NOT NULL,"
            + " created_at timestamptz NOT NULL DEFAULT now())";
    static final String BODY = new JsonObject()
            .put("tenant", "t1")
            .put("priority", 5)
            .put(
                    "payload",
                    new JsonObject()
                            .put("kind", "build")
                            .put("repo", "example/app")
                            .put("ref", "main")
                            .put("note", "x".repeat(80)))
            .encode();
    static final String SECRET = "bench-secret-bench-secret-bench-secret-0123456789";

    private static final String INSERT = "INSERT INTO reference_jobs (tenant, priority, state, payload)"
            + " SELECT a, b, 'queued', c::jsonb FROM unnest($1::text[], $2::int[], $3::text[]) AS u(a, b, c)"
            + " RETURNING id";
    private static final int MAX_BATCH = 200;
    private static final Buffer ANSWER =
            new JsonObject().put("ok", true).put("note", "x".repeat(179)).toBuffer();
    private static final String NOTE = "x".repeat(140);

    private final int port;
    private final ArrayDeque<RoutingContext> waiting = new ArrayDeque<>();
    private boolean inFlight;
    private @Nullable Pool pool;
    private @Nullable RedisConnection redis;

    private ReferenceServer(int port) {
        this.port = port;
    }

    public static void main(String[] args) {
        Bench.quietLog();
        Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
        int port = Integer.parseInt(args[0]);
        vertx.deployVerticle(
                        () -> new ReferenceServer(port),
                        new DeploymentOptions().setInstances(Integer.parseInt(args[1])))
                .await();
        System.out.println("READY");
    }

    static String token() {
        Vertx vertx = Vertx.vertx();
        try {
            return auth(vertx)
                    .generateToken(
                            new JsonObject().put("sub", "u1").put("roles", "admin"),
                            new JWTOptions().setExpiresInMinutes(600));
        } finally {
            vertx.close().await();
        }
    }

    private static JWTAuth auth(Vertx vertx) {
        return JWTAuth.create(
                vertx,
                new JWTAuthOptions()
                        .addPubSecKey(
                                new PubSecKeyOptions().setAlgorithm("HS256").setBuffer(SECRET)));
    }

    @Override
    public Future<?> start() {
        pool = PgBuilder.pool()
                .with(new PoolOptions().setMaxSize(8))
                .connectingTo(
                        PgConnectOptions.fromUri(System.getenv("DATABASE_URL")).setCachePreparedStatements(true))
                .using(vertx)
                .build();
        Router router = Router.router(vertx);
        router.get("/health").handler(this::health);
        JWTAuthHandler jwt = JWTAuthHandler.create(auth(vertx));
        router.get("/jwt").handler(jwt).handler(context -> answer(context, 200, ANSWER));
        router.post("/jobs").handler(BodyHandler.create(false)).handler(jwt).handler(this::add);
        var options = new RedisOptions()
                .setConnectionString(System.getenv("REDIS_URL"))
                .setMaxWaitingHandlers(8_192);
        return Redis.createClient(vertx, options)
                .connect()
                .onSuccess(connection -> redis = connection)
                .compose(done -> vertx.createHttpServer().requestHandler(router).listen(port, "127.0.0.1"));
    }

    private void health(RoutingContext context) {
        pool.query("SELECT 1")
                .execute()
                .compose(rows -> redis.send(Request.cmd(Command.PING)))
                .onSuccess(pong -> answer(context, 200, ANSWER))
                .onFailure(context::fail);
    }

    private void add(RoutingContext context) {
        waiting.add(context);
        if (!inFlight) {
            flush();
        }
    }

    private void flush() {
        inFlight = true;
        int n = Math.min(waiting.size(), MAX_BATCH);
        var contexts = new ArrayList<RoutingContext>(n);
        var tenants = new String[n];
        var priorities = new Integer[n];
        var payloads = new String[n];
        for (int i = 0; i < n; i++) {
            RoutingContext context = waiting.poll();
            contexts.add(context);
            JsonObject body = context.body().asJsonObject();
            tenants[i] = body.getString("tenant");
            priorities[i] = body.getInteger("priority");
            payloads[i] = body.getJsonObject("payload").encode();
        }
        var ids = new ArrayList<Long>(n);
        pool.preparedQuery(INSERT)
                .execute(Tuple.of(tenants, priorities, payloads))
                .compose(rows -> {
                    for (Row row : rows) {
                        ids.add(row.getLong(0));
                    }
                    return redis.batch(index(ids, priorities));
                })
                .onComplete(done -> {
                    inFlight = false;
                    if (!waiting.isEmpty()) {
                        flush();
                    }
                    for (int i = 0; i < n; i++) {
                        if (done.failed()) {
                            contexts.get(i).fail(done.cause());
                        } else {
                            answer(contexts.get(i), 201, created(ids.get(i), priorities[i]));
                        }
                    }
                });
    }

    private static List<Request> index(List<Long> ids, Integer[] priorities) {
        var commands = new ArrayList<Request>(ids.size() + 1);
        Request add = Request.cmd(Command.ZADD).arg("reference:queue");
        for (int i = 0; i < ids.size(); i++) {
            String id = Long.toString(ids.get(i));
            add.arg(priorities[i] * 1e12 + ids.get(i)).arg(id);
            commands.add(Request.cmd(Command.HSET)
                    .arg("reference:job:" + id)
                    .arg("s")
                    .arg("queued"));
        }
        commands.add(add);
        return commands;
    }

    private static Buffer created(long id, int priority) {
        return Buffer.buffer(
                "{\"id\":" + id + ",\"state\":\"queued\",\"priority\":" + priority + ",\"note\":\"" + NOTE + "\"}");
    }

    private static void answer(RoutingContext context, int status, Buffer body) {
        context.response()
                .setStatusCode(status)
                .putHeader("content-type", "application/json")
                .end(body)
                .onFailure(context::fail);
    }
}
