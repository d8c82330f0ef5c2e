package dev.stationmaster.bench;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * The clients of {@link LiveBench}, on two event loops of a process of their own. Standard input: {@code count} prints how
 * many messages came, {@code latency on} begins to time them, {@code latency off} prints p50 and p99 in microseconds.
 */
final class LiveBenchClient {
    private static final int LOOPS = 2;
    private static final long HIGHEST_NANOS = 60_000_000_000L;
    private static final LongAdder COUNT = new LongAdder();
    private static final Recorder DELAYS = new Recorder(HIGHEST_NANOS, 3);
    private static volatile boolean timing;

    private LiveBenchClient() {}

    static void run(int port, int clients) throws IOException {
        Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
        var loops = new ArrayList<Future<?>>();
        for (int i = 0; i < LOOPS; i++) {
            loops.add(vertx.deployVerticle(new VerticleBase() {
                @Override
                public Future<?> start() {
                    WebSocketClient client =
                            vertx.createWebSocketClient(new WebSocketClientOptions().setMaxConnections(clients));
                    Future<?> all = Future.succeededFuture();
                    for (int k = 0; k < clients / LOOPS; k++) {
                        all = all.compose(previous -> connect(client, port));
                    }
                    return all;
                }
            }));
        }
        Future.all(loops).await();
        System.out.println("READY");
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            obey(line);
        }
        System.exit(0);
    }

    private static void obey(String line) {
        switch (line) {
            case "count" -> System.out.println(COUNT.sum());
            case "latency on" -> {
                DELAYS.reset();
                timing = true;
            }
            default -> {
                timing = false;
                Histogram delays = DELAYS.getIntervalHistogram();
                System.out.println(
                        delays.getValueAtPercentile(50) / 1_000 + " " + delays.getValueAtPercentile(99) / 1_000);
            }
        }
    }

    private static Future<?> connect(WebSocketClient client, int port) {
        var socket = client.webSocket().textMessageHandler(LiveBenchClient::received);
        return socket.connect(new WebSocketConnectOptions()
                        .setHost("127.0.0.1")
                        .setPort(port)
                        .setURI("/ws")
                        .addHeader("Authorization", "Bearer bench"))
                .compose(open -> open.writeTextMessage("{\"op\":\"subscribe\",\"topics\":[\"events\"]}"));
    }

    private static void received(String text) {
        COUNT.increment();
        if (timing) {
            int at = text.indexOf(LiveBenchServers.MARK) + LiveBenchServers.MARK.length();
            long delay = System.nanoTime() - Long.parseLong(text, at, at + 19, 10);
            DELAYS.recordValue(Math.max(0, Math.min(delay, HIGHEST_NANOS)));
        }
    }
}
