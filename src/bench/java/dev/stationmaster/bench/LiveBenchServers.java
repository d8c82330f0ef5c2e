package dev.stationmaster.bench;

import dev.stationmaster.agents.AgentMessages;
import dev.stationmaster.gateway.live.LiveEndpoint;
import dev.stationmaster.gateway.live.LiveHub;
import dev.stationmaster.gateway.live.SocketLimit;
import dev.stationmaster.gateway.live.Tickets;
import dev.stationmaster.jobs.JobMessages;
import dev.stationmaster.jobs.JobMessages.FindSnapshot;
import dev.stationmaster.jobs.JobMessages.LiveEvent;
import dev.stationmaster.jobs.JobMessages.Snapshot;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.bus.MessageTypes;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.Role;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketBase;
import io.vertx.ext.web.Router;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The two Java servers of {@link LiveBench}, each with two event loops in a process of its own: our hub behind the bus,
 * and bare Vert.x, which writes each message to each socket. Commands come on standard input: {@code flood SECONDS BURST}
 * starts a round of BURST messages whenever the writes of the round before are done, {@code paced SECONDS PER_SECOND}.
 */
final class LiveBenchServers {
    static final int LOOPS = 2;
    static final int MESSAGE_BYTES = 300;
    static final String MARK = "\"message\":\"";
    private static final OffsetDateTime AT = OffsetDateTime.parse("2026-11-20T12:00:00Z");
    private static final String HEAD = "{\"type\":\"event\",\"at\":\"2026-11-20T12:00:00Z\",\"kind\":\"bench\","
            + "\"job_id\":null,\"agent_id\":null," + MARK;
    private static final String PAD = " " + "x".repeat(MESSAGE_BYTES - HEAD.length() - 19 - 1 - 2);

    /** What standard input can ask for. */
    private interface Flooder {
        void flood(long endNanos, int burst);

        void message();
    }

    private LiveBenchServers() {}

    static void run(String kind, int port) throws IOException {
        Vertx vertx =
                Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(LOOPS + 1));
        Flooder flooder = kind.equals("hub") ? Hub.start(vertx, port) : Bare.start(vertx, port);
        System.out.println("READY");
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            long end = System.nanoTime()
                    + Duration.ofSeconds(Long.parseLong(words[1])).toNanos();
            int number = Integer.parseInt(words[2]);
            if (words[0].equals("flood")) {
                flooder.flood(end, number);
            } else {
                vertx.setPeriodic(1_000 / number, timer -> {
                    if (System.nanoTime() < end) {
                        flooder.message();
                    } else {
                        vertx.cancelTimer(timer);
                    }
                });
            }
        }
        System.exit(0);
    }

    private static String text() {
        return String.format("%019d", System.nanoTime()) + PAD;
    }

    /** Our hub: messages go over the bus. */
    private static final class Hub implements Flooder {
        private final Bus bus;
        private final AtomicInteger loopsLeft = new AtomicInteger();
        private volatile long end;
        private volatile int burst = 1;

        Hub(Bus bus) {
            this.bus = bus;
        }

        static Flooder start(Vertx vertx, int port) {
            Bus.registerCodec(vertx, MessageTypes.of(List.of(JobMessages.class, AgentMessages.class)));
            var meters = new SimpleMeterRegistry();
            Bus bus = new Bus(vertx, meters);
            bus.answer(FindSnapshot.class, q -> Future.succeededFuture(new Snapshot("{}")));
            Hub flooder = new Hub(bus);
            var limit = new SocketLimit(100_000, meters);
            var tickets = new Tickets(Clock.system());
            vertx.deployVerticle(
                            () -> new VerticleBase() {
                                @Override
                                public Future<?> start() {
                                    var hub = new LiveHub(vertx, bus, Clock.system(), limit, meters);
                                    Router router = Router.router(vertx);
                                    new LiveEndpoint(
                                                    hub,
                                                    (token, id) -> Future.succeededFuture(caller()),
                                                    tickets,
                                                    limit)
                                            .mount(router);
                                    flooder.follow(hub);
                                    return server(vertx).requestHandler(router).listen(port, "127.0.0.1");
                                }
                            },
                            new DeploymentOptions().setInstances(LOOPS))
                    .await();
            return flooder;
        }

        private static Caller caller() {
            var end = Clock.system().now().plus(Duration.ofHours(1));
            return new Caller(new UUID(0, 1), "bench", Role.VIEWER, null, null, null, null, end, "bench");
        }

        /** After the hub on the same loop, so that the hub has taken a message when this sees it. */
        private void follow(LiveHub hub) {
            int[] seen = {0, 0}; // messages, and the burst they are counted for
            bus.on(LiveEvent.class, message -> {
                if (seen[1] != burst) {
                    seen[0] = 0;
                    seen[1] = burst;
                }
                if (++seen[0] % burst == 0 && System.nanoTime() < end) {
                    hub.flushed().onComplete(done -> {
                        if (loopsLeft.decrementAndGet() == 0) {
                            round();
                        }
                    });
                }
            });
        }

        @Override
        public void flood(long endNanos, int messages) {
            end = endNanos;
            burst = messages;
            round();
        }

        private void round() {
            loopsLeft.set(LOOPS);
            for (int i = 0; i < burst; i++) {
                message();
            }
        }

        @Override
        public void message() {
            bus.publish(new LiveEvent(AT, "bench", null, null, text()));
        }
    }

    /** The reference: one write for each message and socket, each loop in rounds of its own. */
    private static final class Bare implements Flooder {
        private record Loop(Context context, Set<ServerWebSocket> sockets) {}

        private final List<Loop> loops = new CopyOnWriteArrayList<>();

        static Flooder start(Vertx vertx, int port) {
            Bare flooder = new Bare();
            vertx.deployVerticle(
                            () -> new VerticleBase() {
                                @Override
                                public Future<?> start() {
                                    var sockets = new LinkedHashSet<ServerWebSocket>();
                                    flooder.loops.add(new Loop(context, sockets));
                                    return server(vertx)
                                            .webSocketHandler(socket -> {
                                                sockets.add(socket);
                                                socket.closeHandler(v -> sockets.remove(socket));
                                            })
                                            .listen(port, "127.0.0.1");
                                }
                            },
                            new DeploymentOptions().setInstances(LOOPS))
                    .await();
            return flooder;
        }

        @Override
        public void flood(long endNanos, int burst) {
            loops.forEach(loop -> loop.context.runOnContext(v -> round(loop, endNanos, burst)));
        }

        private static void round(Loop loop, long end, int burst) {
            if (System.nanoTime() < end) {
                var writes = new ArrayList<Future<Void>>(burst * loop.sockets.size());
                for (int i = 0; i < burst; i++) {
                    write(loop, writes);
                }
                int[] left = {writes.size()};
                for (Future<Void> write : writes) {
                    write.onComplete(done -> {
                        if (--left[0] == 0) {
                            loop.context.runOnContext(v -> round(loop, end, burst));
                        }
                    });
                }
            }
        }

        private static void write(Loop loop, List<Future<Void>> writes) {
            String frame = HEAD + text() + "\"}";
            for (WebSocketBase socket : loop.sockets) {
                writes.add(socket.writeTextMessage(frame));
            }
        }

        @Override
        public void message() {
            loops.forEach(loop -> loop.context.runOnContext(v -> write(loop, new ArrayList<>())));
        }
    }

    private static HttpServer server(Vertx vertx) {
        return vertx.createHttpServer(new HttpServerOptions()
                .setAcceptBacklog(2_048)
                .setPerMessageWebSocketCompressionSupported(false)
                .setPerFrameWebSocketCompressionSupported(false));
    }

    /** The same server in JavaScript on the npm package ws. */
    static final String NODE = """
            const { WebSocketServer } = require(process.argv[2] + '/ws');
            const wss = new WebSocketServer({ host: '127.0.0.1', port: +process.argv[3], perMessageDeflate: false, backlog: 2048 },
              () => console.log('READY'));
            wss.on('connection', socket => { socket.on('error', () => {}); socket.on('message', () => socket.send(SNAPSHOT)); });
            const SNAPSHOT = '{"type":"snapshot"}';
            const text = () => HEAD + String(process.hrtime.bigint()).padStart(19, '0') + PAD + '"}';
            const HEAD = %s, PAD = %s;
            function message(done) {
              const frame = text();
              for (const socket of wss.clients) socket.send(frame, done);
            }
            function round(end, burst) {
              if (Date.now() >= end) return;
              let left = burst * wss.clients.size;
              const done = () => { if (--left === 0) setImmediate(round, end, burst); };
              for (let i = 0; i < burst; i++) message(done);
            }
            require('readline').createInterface({ input: process.stdin }).on('line', line => {
              const [what, seconds, number] = line.split(' '), end = Date.now() + 1000 * seconds;
              if (what === 'flood') return round(end, +number);
              const timer = setInterval(() => Date.now() < end ? message() : clearInterval(timer), 1000 / number);
            }).on('close', () => process.exit(0));
            """.formatted("'" + HEAD + "'", "'" + PAD + "'");
}
