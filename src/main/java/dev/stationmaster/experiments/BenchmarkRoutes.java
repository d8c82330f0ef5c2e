package dev.stationmaster.experiments;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Reply;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Operations of benchmarks. */
final class BenchmarkRoutes {
    private final BenchmarkService benchmarks;
    private final Standings standings;

    BenchmarkRoutes(BenchmarkService benchmarks, Standings standings) {
        this.benchmarks = benchmarks;
        this.standings = standings;
    }

    Map<String, ApiHandler> handlers() {
        return Map.of(
                "listBenchmarks",
                request -> benchmarks
                        .list(request.limit(), request.cursor())
                        .map(page -> Reply.ok(page.toJson(Benchmark::toJson))),
                "createBenchmark",
                this::create,
                "getBenchmark",
                request -> benchmarks.find(id(request)).map(found -> Reply.ok(found.toJson())),
                "runBenchmark",
                this::run,
                "listBenchmarkRuns",
                this::runs,
                "getBenchmarkLeaderboard",
                this::leaderboard,
                "getBenchmarkHistory",
                this::history,
                "exportBenchmark",
                this::export);
    }

    private static UUID id(ApiRequest request) {
        return request.pathUuid("benchmark_id");
    }

    private Future<Reply> create(ApiRequest request) {
        return benchmarks
                .create(request.caller(), request.body(), request.idempotencyKey(), request.bodyText())
                .map(made -> Reply.created("/api/v1/benchmarks/" + made.id(), made.toJson()));
    }

    private Future<Reply> run(ApiRequest request) {
        return benchmarks
                .run(request.caller(), id(request), request.body(), request.idempotencyKey(), request.bodyText())
                .map(made -> Reply.accepted(ExperimentRoutes.location(made), made.toJson()));
    }

    private Future<Reply> runs(ApiRequest request) {
        return benchmarks
                .runs(id(request), request.queryLong("agent_id"), request.limit(), request.cursor())
                .compose(standings::page)
                .map(Reply::ok);
    }

    private Future<Reply> leaderboard(ApiRequest request) {
        return benchmarks.leaderboard(id(request)).map(places -> Reply.ok(json(places)));
    }

    private static JsonObject json(List<BenchmarkReport.Place> places) {
        var items = new JsonArray();
        places.forEach(place -> items.add(place.toJson()));
        return new JsonObject().put("items", items);
    }

    private Future<Reply> history(ApiRequest request) {
        Long agent = request.queryLong("agent_id");
        if (agent == null) {
            throw new ApiException(ErrorCode.BAD_REQUEST, "Name the agent in agent_id.");
        }
        return benchmarks.history(id(request), agent).map(Reply::ok);
    }

    private Future<Reply> export(ApiRequest request) {
        boolean csv = "csv".equals(request.query("format"));
        return find(request)
                .compose(benchmark -> benchmarks.leaderboard(benchmark.id()).map(places -> {
                    if (!csv) {
                        return Reply.ok(json(places).put("benchmark", benchmark.toJson()));
                    }
                    String text = BenchmarkReport.csv(places);
                    return Reply.streamed(response -> {
                        response.putHeader("Content-Type", "text/csv; charset=utf-8")
                                .putHeader(
                                        "Content-Disposition",
                                        "attachment; filename=\"benchmark-" + benchmark.id() + ".csv\"");
                        return response.end(text);
                    });
                }));
    }

    private Future<Benchmark> find(ApiRequest request) {
        return benchmarks.find(id(request));
    }
}
