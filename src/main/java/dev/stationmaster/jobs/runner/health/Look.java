package dev.stationmaster.jobs.runner.health;

import dev.stationmaster.jobs.runner.HealthCheck;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.NetClientOptions;
import java.util.List;
import java.util.function.Function;

/** One look at a program: succeeds if it is well. */
@FunctionalInterface
public interface Look {
    Future<Void> once();

    /** @param run runs a program next to the service and completes with its exit code */
    static Look of(Vertx vertx, HealthCheck check, String host, int port, Function<List<String>, Future<Integer>> run) {
        return switch (check.type()) {
            case HTTP -> http(vertx, check, host, port);
            case TCP -> tcp(vertx, check, host, port);
            case COMMAND ->
                () -> run.apply(check.command())
                        .compose(code -> code == 0
                                ? Future.succeededFuture()
                                : Future.failedFuture("the command exited with code " + code));
        };
    }

    /** Each look has a connection of its own: a kept one would say nothing of who connects now. */
    private static Look http(Vertx vertx, HealthCheck check, String host, int port) {
        int timeout = (int) Math.max(1, check.timeout().toMillis());
        var to = new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setHost(host)
                .setPort(port)
                .setURI(check.path())
                .setTimeout(timeout);
        return () -> {
            var client = vertx.createHttpClient(
                    new HttpClientOptions().setKeepAlive(false).setConnectTimeout(timeout));
            return client.request(to)
                    .compose(request -> request.send())
                    .compose(response -> {
                        int status = response.exceptionHandler(cutShort -> {}).statusCode();
                        return status >= 200 && status < 400
                                ? Future.<Void>succeededFuture()
                                : Future.failedFuture("it answers with status " + status);
                    })
                    .eventually(client::close); // whatever body comes is not read
        };
    }

    private static Look tcp(Vertx vertx, HealthCheck check, String host, int port) {
        int timeout = (int) Math.max(1, check.timeout().toMillis());
        return () -> {
            var client = vertx.createNetClient(new NetClientOptions().setConnectTimeout(timeout));
            return client.connect(port, host).compose(socket -> socket.close()).eventually(client::close);
        };
    }
}
