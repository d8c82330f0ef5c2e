package dev.stationmaster.gateway.live;

import dev.stationmaster.accounts.AccountMessages;
import dev.stationmaster.agents.AgentMessages;
import dev.stationmaster.agents.deployments.DeploymentMessages;
import dev.stationmaster.experiments.ExperimentMessages;
import dev.stationmaster.experiments.ExperimentMessages.ExperimentsFound;
import dev.stationmaster.experiments.ExperimentMessages.FindExperiments;
import dev.stationmaster.jobs.JobMessages;
import dev.stationmaster.jobs.JobMessages.FindJobAgent;
import dev.stationmaster.jobs.JobMessages.FindSnapshot;
import dev.stationmaster.jobs.JobMessages.JobAgent;
import dev.stationmaster.jobs.JobMessages.Snapshot;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.bus.MessageTypes;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Authenticator;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import dev.stationmaster.testing.ManualClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientWebSocket;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;

/** A real server with the hub, whose other features are played by maps. Close after use. */
final class LiveKit implements AutoCloseable {
    static final UUID JOB = UUID.fromString("01900000-0000-7000-8000-000000000001");
    static final UUID OTHER_JOB = UUID.fromString("01900000-0000-7000-8000-000000000002");

    final Vertx vertx = Vertx.vertx();
    final ManualClock clock = new ManualClock();
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final Bus bus;
    final Tickets tickets = new Tickets(clock);
    final SocketLimit limit;
    final Map<String, Caller> tokens = new ConcurrentHashMap<>();
    final Map<UUID, Long> jobAgents = new ConcurrentHashMap<>(Map.of(JOB, 7L, OTHER_JOB, 8L));
    /** What FindSnapshot answers. */
    volatile Function<String, Future<String>> snapshots = topic -> Future.succeededFuture("{\"of\":\"" + topic + "\"}");

    final WebSocketClient client;
    private LiveHub hub;
    private Context loop;
    private int port;
    private final int idleSeconds;

    LiveKit(int maxSockets) {
        this(maxSockets, 0);
    }

    LiveKit(int maxSockets, int idleSeconds) {
        this.idleSeconds = idleSeconds;
        Bus.registerCodec(
                vertx,
                MessageTypes.of(List.of(
                        AccountMessages.class,
                        JobMessages.class,
                        AgentMessages.class,
                        DeploymentMessages.class,
                        ExperimentMessages.class)));
        bus = new Bus(vertx, meters);
        limit = new SocketLimit(maxSockets, meters);
        bus.answer(FindSnapshot.class, q -> snapshots.apply(q.topic()).map(Snapshot::new));
        bus.answer(FindExperiments.class, q -> snapshots
                .apply(q.experimentId() == null ? "all" : q.experimentId().toString())
                .map(ExperimentsFound::new));
        bus.answer(FindJobAgent.class, q -> Future.succeededFuture(new JobAgent(jobAgents.get(q.jobId()))));
        tokens.put("viewer", caller(Role.VIEWER, null));
        tokens.put("agent7", caller(Role.AGENT, 7L));
        client = vertx.createWebSocketClient(new WebSocketClientOptions()
                .setMaxConnections(5_000)
                .setClosingTimeout(1)
                .setMaxFrameSize(4 << 20)
                .setMaxMessageSize(4 << 20));
        await(vertx.deployVerticle(new Server()));
    }

    static LiveKit start() {
        return new LiveKit(5_000);
    }

    private final class Server extends VerticleBase {
        @Override
        public Future<?> start() {
            loop = context;
            hub = new LiveHub(vertx, bus, clock, limit, meters);
            Authenticator authenticator = (token, requestId) -> tokens.containsKey(token)
                    ? Future.succeededFuture(tokens.get(token))
                    : Future.failedFuture(new ApiException(ErrorCode.UNAUTHENTICATED, "Unknown token."));
            Router router = Router.router(vertx);
            new LiveEndpoint(hub, authenticator, tickets, limit).mount(router);
            router.route().failureHandler(web -> {
                ErrorCode code = web.failure() instanceof ApiException e ? e.code() : ErrorCode.INTERNAL;
                web.response().setStatusCode(code.status()).end(code.wireName()).onFailure(Throwable::printStackTrace);
            });
            HttpServer server = vertx.createHttpServer(
                            new HttpServerOptions().setAcceptBacklog(2_048).setIdleTimeout(idleSeconds))
                    .requestHandler(router);
            return server.listen(0, "127.0.0.1").onSuccess(s -> port = s.actualPort());
        }
    }

    Caller caller(Role role, Long agentId) {
        Instant end = clock.now().plus(Duration.ofMinutes(15));
        return new Caller(new UUID(0, 1), "tester", role, agentId, null, null, null, end, "request");
    }

    int port() {
        return port;
    }

    Watcher connect(String path) {
        return connect(path, "viewer");
    }

    Watcher connect(String path, String token) {
        ClientWebSocket socket = client.webSocket();
        Watcher watcher = new Watcher(socket); // before the connection, so that it misses nothing
        await(socket.connect(options(path).addHeader("Authorization", "Bearer " + token)));
        return watcher;
    }

    WebSocket open(WebSocketConnectOptions options) {
        return await(client.connect(options));
    }

    WebSocketConnectOptions options(String path) {
        return new WebSocketConnectOptions().setHost("127.0.0.1").setPort(port).setURI(path);
    }

    /** Runs what the hub does every second, after time has passed. */
    void pass(Duration time) {
        clock.advance(time);
        onLoop(() -> {
            hub.check();
            return Future.succeededFuture();
        });
    }

    /** All that was published before this is written when it returns. */
    void flushed() {
        onLoop(hub::flushed);
    }

    /** False when a client that does not read holds a write up. */
    boolean flushedWithin(long milliseconds) {
        return onLoop(() -> Future.any(
                        hub.flushed().map(true), vertx.timer(milliseconds).map(false))
                .map(any -> any.succeeded(0)));
    }

    Future<Void> closeHub() {
        Promise<Void> done = Promise.promise();
        loop.runOnContext(v -> hub.close().onComplete(done));
        return done.future();
    }

    <T> T onLoop(Supplier<Future<T>> work) {
        Promise<T> done = Promise.promise();
        loop.runOnContext(v -> work.get().onComplete(done));
        return await(done.future());
    }

    static <T> T await(Future<T> future) {
        try {
            return future.await(20, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    /** The hub has taken all that was published before this. */
    void taken() {
        onLoop(Future::succeededFuture);
    }

    static JsonObject subscribe(String... topics) {
        return new JsonObject().put("op", "subscribe").put("topics", List.of(topics));
    }

    @Override
    public void close() {
        await(vertx.close());
    }
}
