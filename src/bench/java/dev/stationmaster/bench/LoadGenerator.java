package dev.stationmaster.bench;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * Load where wrk is not installed: one event loop, keep-alive connections, one request in flight on each. Arguments: URL,
 * method, token, body, connections, seconds. Prints {@code RESULT requests/s p50-ms p99-ms requests errors}.
 */
final class LoadGenerator {
    private static final Histogram DELAYS = new Histogram(60_000_000_000L, 3);
    private static long errors;
    private static long end;

    private LoadGenerator() {}

    public static void main(String[] args) {
        Bench.quietLog();
        Vertx vertx = Vertx.vertx();
        int connections = Integer.parseInt(args[4]);
        double seconds = Double.parseDouble(args[5]);
        HttpClient client = vertx.createHttpClient(
                new HttpClientOptions().setKeepAlive(true),
                new PoolOptions().setHttp1MaxSize(connections).setEventLoopSize(1));
        var request = new RequestOptions()
                .setAbsoluteURI(args[0])
                .setMethod(HttpMethod.valueOf(args[1]))
                .putHeader("Authorization", "Bearer " + args[2])
                .putHeader("Content-Type", "application/json");
        Buffer body = Buffer.buffer(args[3]);
        long start = System.nanoTime();
        end = start + (long) (seconds * 1e9);
        vertx.runOnContext(v -> {
            for (int i = 0; i < connections; i++) {
                next(client, request, body);
            }
        });
        Machine.pause(seconds + 0.5);
        System.out.printf(
                Locale.ROOT,
                "RESULT %.1f %.3f %.3f %d %d%n",
                DELAYS.getTotalCount() / seconds,
                DELAYS.getValueAtPercentile(50) / 1e6,
                DELAYS.getValueAtPercentile(99) / 1e6,
                DELAYS.getTotalCount(),
                errors);
        System.exit(0);
    }

    private static void next(HttpClient client, RequestOptions options, Buffer body) {
        long sent = System.nanoTime();
        if (sent > end) {
            return;
        }
        client.request(options)
                .compose((HttpClientRequest r) -> body.length() == 0 ? r.send() : r.send(body))
                .compose((HttpClientResponse r) -> r.body().map(r.statusCode()))
                .onComplete(done -> {
                    DELAYS.recordValue(System.nanoTime() - sent);
                    if (done.failed() || done.result() >= 300) {
                        errors++;
                    }
                    next(client, options, body);
                });
    }
}
