package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Comparisons, sweeps and runs side by side, on simulated runs whose luck is their seed. */
class ExperimentsTest {
    private static final JsonObject LOSS = new JsonObject().put("name", "loss").put("direction", "minimize");
    private static TestServer server;
    private static Api api;
    private static long agent;

    @BeforeAll
    static void start() {
        server = TestServer.shared();
        api = server.user("developer");
        agent = simulated(api);
    }

    private static long simulated(Api of) {
        return of.post(
                        "/agents",
                        new JsonObject().put("name", "sim-" + UUID.randomUUID()).put("type", "simulation"))
                .is(201)
                .json()
                .getLong("id");
    }

    private static JsonObject rate(double rate, double stepSeconds, int epochs) {
        return new JsonObject()
                .put("learning_rate", rate)
                .put("epochs", epochs)
                .put("simulation", new JsonObject().put("step_seconds", stepSeconds));
    }

    private static JsonObject variant(String name, long agentId, JsonObject hyperparameters) {
        return new JsonObject().put("name", name).put("agent_id", agentId).put("hyperparameters", hyperparameters);
    }

    private static JsonObject compare(JsonObject... variants) {
        return new JsonObject()
                .put("kind", "compare")
                .put("name", "rates")
                .put("metric", LOSS)
                .put("repetitions", 4)
                .put("max_concurrent", 4)
                .put("variants", new JsonArray(List.of(variants)));
    }

    private static JsonObject sweep(JsonObject sweep) {
        return new JsonObject()
                .put("kind", "sweep")
                .put("name", "search")
                .put("metric", LOSS)
                .put("sweep", sweep.put("agent_id", agent));
    }

    private static String create(JsonObject body) {
        return api.post("/experiments", body).is(201).json().getString("id");
    }

    private static JsonObject awaitEnd(Api of, String id) {
        var last = new java.util.concurrent.atomic.AtomicReference<JsonObject>();
        Awaitility.await("experiment " + id).atMost(Duration.ofSeconds(90)).until(() -> {
            last.set(of.get("/experiments/" + id).is(200).json());
            return Api.FINAL.contains(last.get().getString("state"));
        });
        return last.get();
    }

    private static List<JsonObject> objects(JsonArray array) {
        return array.stream().map(JsonObject.class::cast).toList();
    }

    @Test
    void a_better_setting_wins_with_figures_by_pairs_of_seeds() {
        String id = create(compare(
                        variant("slow", agent, rate(0.00001, 0.005, 10)),
                        variant("good", agent, rate(0.001, 0.005, 10)),
                        variant("same", agent, rate(0.00001, 0.005, 10)))
                .put(
                        "guardrails",
                        new JsonArray()
                                .add(new JsonObject().put("metric", "accuracy").put("min", 0))));
        assertThat(awaitEnd(api, id).getString("state")).isEqualTo("succeeded");
        JsonObject result = api.get("/experiments/" + id + "/results").is(200).json();
        assertThat(result.getBoolean("complete")).isTrue();
        assertThat(result.getString("winner"))
                .as(result.getJsonArray("variants").encodePrettily())
                .isEqualTo("good");
        assertThat(result.getString("baseline")).isEqualTo("slow");
        List<JsonObject> variants = objects(result.getJsonArray("variants"));
        assertThat(variants.get(0).getInteger("n")).isEqualTo(4);
        assertThat(variants.get(0).getValue("verdict")).isNull();
        JsonObject good = variants.get(1);
        assertThat(good.getString("verdict")).as(good.encode()).isEqualTo("win");
        assertThat(good.getJsonObject("against_baseline").getDouble("p_adjusted"))
                .isBetween(0.0, 0.05);
        assertThat(good.getJsonObject("against_baseline").getDouble("mean_difference"))
                .isNegative();
        assertThat(variants.get(2).getString("verdict")).isEqualTo("no_difference");
        List<JsonObject> trials = objects(result.getJsonArray("trials"));
        assertThat(trials).hasSize(12).allSatisfy(t -> assertThat(t.getBoolean("simulated"))
                .isTrue());
        assertThat(trials.stream().map(t -> t.getLong("seed")).collect(Collectors.toSet()))
                .containsExactly(1L, 2L, 3L, 4L);
        assertThat(objects(result.getJsonArray("curves")))
                .hasSize(12)
                .allSatisfy(curve -> assertThat(curve.getJsonArray("points")).hasSize(10));
        JsonObject job = api.job(trials.get(0).getString("job_id"));
        assertThat(job.getJsonObject("labels").getString("experiment")).isEqualTo(id);
        assertThat(job.getJsonObject("training_config").getLong("seed")).isEqualTo(1);
        JsonObject listed = listed("compare", id);
        assertThat(listed.getJsonObject("trials")).isEqualTo(new JsonObject().put("succeeded", 12));
        assertThat(listed.getJsonObject("metric").getString("name")).isEqualTo("loss");
        assertThat(listed.getValue("best")).isNull();
        JsonObject verdict = listed.getJsonObject("verdict");
        assertThat(verdict.getString("winner")).isEqualTo("good");
        assertThat(objects(verdict.getJsonArray("variants")).stream().map(v -> v.getString("verdict")))
                .containsExactly("win", "no_difference");
        assertThat(listed("compare", id)).as("read again").isEqualTo(listed);
        JsonObject guardrail = good.getJsonArray("guardrails").getJsonObject(0);
        assertThat(guardrail.getBoolean("kept")).isTrue();
        assertThat(guardrail.getDouble("mean")).isBetween(0.0, 1.0);
        compareRuns(trials.get(0).getString("job_id"), trials.get(1).getString("job_id"));
    }

    private static JsonObject listed(String kind, String id) {
        return objects(api.items("/experiments?limit=500&kind=" + kind)).stream()
                .filter(e -> id.equals(e.getString("id")))
                .findFirst()
                .orElseThrow();
    }

    private static void compareRuns(String slow, String good) {
        JsonObject side =
                api.get("/runs/compare?ids=" + slow + "," + good).is(200).json();
        JsonObject rate = objects(side.getJsonArray("hyperparameters")).stream()
                .filter(row -> "learning_rate".equals(row.getString("name")))
                .findFirst()
                .orElseThrow();
        assertThat(rate.getBoolean("differs")).isTrue();
        assertThat(rate.getJsonArray("values"))
                .isEqualTo(new JsonArray().add(0.00001).add(0.001));
        JsonObject loss = objects(side.getJsonArray("metrics")).stream()
                .filter(metric -> "loss".equals(metric.getString("name")))
                .findFirst()
                .orElseThrow();
        assertThat(loss.getJsonArray("steps")).hasSize(10);
        assertThat(loss.getJsonObject("series").getJsonArray(good)).hasSize(10).doesNotContainNull();
        JsonObject run = side.getJsonArray("runs").getJsonObject(0);
        assertThat(run.getJsonObject("cost_per_unit").getValue("loss"))
                .as("simulated: not known")
                .isNull();
    }

    @Test
    void a_broken_guardrail_and_a_failing_variant_are_invalid() {
        String id = create(compare(
                        variant("base", agent, rate(0.001, 0.005, 5)),
                        variant("fails", agent, rate(0.001, 0.005, 5).put("fail_at_step", 2)))
                .put("repetitions", 2));
        assertThat(awaitEnd(api, id).getString("state")).isEqualTo("succeeded");
        JsonObject fails = api.get("/experiments/" + id + "/results")
                .json()
                .getJsonArray("variants")
                .getJsonObject(1);
        assertThat(fails.getString("verdict")).isEqualTo("invalid");
        assertThat(fails.getString("rule")).contains("fails has no value for seeds 1, 2");

        String guarded = create(compare(
                        variant("base", agent, rate(0.001, 0.005, 5)), variant("other", agent, rate(0.01, 0.005, 5)))
                .put("repetitions", 2)
                .put(
                        "guardrails",
                        new JsonArray()
                                .add(new JsonObject().put("metric", "accuracy").put("min", 2))));
        awaitEnd(api, guarded);
        JsonObject other = api.get("/experiments/" + guarded + "/results")
                .json()
                .getJsonArray("variants")
                .getJsonObject(1);
        assertThat(other.getString("verdict")).isEqualTo("invalid");
        assertThat(other.getString("rule")).contains("accuracy").contains("below 2");
        JsonObject guardrail = other.getJsonArray("guardrails").getJsonObject(0);
        assertThat(guardrail.getBoolean("kept")).isFalse();
        assertThat(guardrail.getValue("max")).isNull();
    }

    @Test
    void a_grid_finds_the_best_rate_and_keeps_one_checkpoint() {
        String id = create(sweep(new JsonObject()
                        .put("method", "grid")
                        .put("hyperparameters", rate(0, 0.005, 10))
                        .put(
                                "parameters",
                                new JsonObject()
                                        .put(
                                                "learning_rate",
                                                new JsonObject()
                                                        .put(
                                                                "values",
                                                                new JsonArray()
                                                                        .add(1e-5)
                                                                        .add(1e-3)
                                                                        .add(1e-1)))))
                .put("checkpoints", new JsonObject().put("keep", "best").put("count", 1)));
        assertThat(awaitEnd(api, id).getString("state")).isEqualTo("succeeded");
        JsonObject result = api.get("/experiments/" + id + "/results").is(200).json();
        JsonObject best = result.getJsonObject("best");
        assertThat(best.getJsonObject("hyperparameters").getDouble("learning_rate"))
                .isEqualTo(1e-3);
        JsonObject listed = listed("sweep", id);
        assertThat(listed.getJsonObject("best"))
                .isEqualTo(new JsonObject()
                        .put("trial", best.getInteger("trial"))
                        .put("variant", best.getString("variant"))
                        .put("value", best.getDouble("value")));
        assertThat(listed.getValue("verdict")).isNull();
        assertThat(result.getJsonObject("parallel_coordinates").getJsonArray("lines"))
                .hasSize(3);
        for (JsonObject trial : objects(result.getJsonArray("trials"))) {
            boolean kept = trial.getInteger("trial").equals(best.getInteger("trial"));
            assertThat(trial.getBoolean("checkpoints_deleted")).isEqualTo(!kept);
            var folder = server.dataDir()
                    .resolve("jobs")
                    .resolve(trial.getString("job_id"))
                    .resolve("checkpoints");
            assertThat(folder.resolve("simulation.json").toFile().exists()).isEqualTo(kept);
        }
    }

    @Test
    void successive_halving_stops_bad_trials_early_and_ends_at_the_most_steps() {
        String id = create(sweep(new JsonObject()
                        .put("method", "asha")
                        .put("trials", 9)
                        .put("seed", 3)
                        .put("min_steps", 4)
                        .put("max_steps", 40)
                        .put("reduction_factor", 3)
                        .put("hyperparameters", rate(0, 0.05, 200))
                        .put(
                                "parameters",
                                new JsonObject()
                                        .put(
                                                "learning_rate",
                                                new JsonObject()
                                                        .put("min", 1e-5)
                                                        .put("max", 1e-1)
                                                        .put("scale", "log"))))
                .put("max_concurrent", 9));
        assertThat(awaitEnd(api, id).getString("state")).isEqualTo("succeeded");
        List<JsonObject> trials = objects(api.items("/experiments/" + id + "/trials"));
        List<JsonObject> stopped = trials.stream()
                .filter(t -> "stopped".equals(t.getString("state")))
                .toList();
        assertThat(stopped).hasSizeBetween(3, 8).allSatisfy(t -> {
            assertThat(t.getString("reason")).isEqualTo("early_stopped");
            assertThat(t.getLong("steps")).isLessThan(200);
        });
        List<JsonObject> whole = trials.stream()
                .filter(t -> "succeeded".equals(t.getString("state")))
                .toList();
        assertThat(whole).isNotEmpty().allSatisfy(t -> {
            assertThat(t.getString("reason")).isEqualTo("max_steps");
            assertThat(t.getLong("steps")).isGreaterThanOrEqualTo(40);
        });
        JsonObject best = api.get("/experiments/" + id + "/results").json().getJsonObject("best");
        assertThat(best.getString("state")).isEqualTo("succeeded");
    }

    @Test
    void cancelling_ends_its_runs_and_starts_no_more() {
        String id = create(compare(variant("a", agent, rate(0.001, 1, 500)), variant("b", agent, rate(0.01, 1, 500)))
                .put("max_concurrent", 2));
        Awaitility.await()
                .until(() -> api.get("/experiments/" + id)
                                .json()
                                .getJsonObject("trials")
                                .getInteger("submitted", 0)
                        == 2);
        server.user("developer").post("/experiments/" + id + "/cancel").problem(403, "forbidden");
        server.user("operator").post("/experiments/" + id + "/cancel").is(202);
        JsonObject ended = awaitEnd(api, id);
        assertThat(ended.getString("state")).isEqualTo("cancelled");
        assertThat(ended.getString("reason")).isEqualTo("cancelled_by_user");
        for (JsonObject trial : objects(api.items("/experiments/" + id + "/trials"))) {
            assertThat(trial.getString("state")).isEqualTo("cancelled");
            if (trial.getString("job_id") != null) {
                assertThat(api.job(trial.getString("job_id")).getString("state"))
                        .isEqualTo("cancelled");
            }
        }
        api.post("/experiments/" + id + "/cancel").problem(409, "invalid_state");
    }

    @Test
    void a_running_experiment_can_be_given_more_room() {
        String id = create(compare(variant("a", agent, rate(0.001, 1, 500)), variant("b", agent, rate(0.01, 1, 500)))
                .put("max_concurrent", 1));
        api.patch(
                        "/experiments/" + id,
                        new JsonObject().put("max_concurrent", 3).put("name", "wider"),
                        "If-Match",
                        "\"1\"")
                .is(200);
        api.patch("/experiments/" + id, new JsonObject().put("max_concurrent", 2), "If-Match", "\"1\"")
                .problem(412, "precondition_failed");
        Awaitility.await()
                .until(() -> api.get("/experiments/" + id)
                                .json()
                                .getJsonObject("trials")
                                .getInteger("submitted", 0)
                        == 3);
        api.post("/experiments/" + id + "/cancel").is(202);
        awaitEnd(api, id);
    }

    @Test
    void the_same_idempotency_key_makes_one_experiment() {
        JsonObject body =
                compare(variant("a", agent, rate(0.001, 0.001, 2)), variant("b", agent, rate(0.01, 0.001, 2)));
        String key = UUID.randomUUID().toString();
        String first = api.post("/experiments", body, "Idempotency-Key", key)
                .is(201)
                .json()
                .getString("id");
        assertThat(api.post("/experiments", body, "Idempotency-Key", key)
                        .is(201)
                        .json()
                        .getString("id"))
                .isEqualTo(first);
        awaitEnd(api, first);
    }

    @Test
    void nonsense_is_refused_with_the_place() {
        JsonObject a = variant("a", agent, rate(0.001, 1, 5));
        JsonObject b = variant("b", agent, rate(0.01, 1, 5));
        api.post("/experiments", compare(a, b).put("metric", LOSS.copy().put("direction", "sideways")))
                .problem(400, "bad_request");
        api.post("/experiments", compare()).problem(422, "invalid_field");
        api.post("/experiments", compare(a)).problem(422, "invalid_field");
        JsonObject twice = api.post("/experiments", compare(a, a))
                .problem(422, "invalid_field")
                .json();
        assertThat(twice.getString("detail")).contains("two variants named a");
        assertThat(twice.getJsonArray("errors").getJsonObject(0).getString("pointer"))
                .isEqualTo("/variants/1/name");
        api.post("/experiments", compare(a, b).put("baseline", "c")).problem(422, "invalid_field");
        api.post("/experiments", compare(a, b).put("seeds", new JsonArray().add(1)))
                .problem(422, "invalid_field");
        JsonObject points = new JsonObject().put("min", 0).put("max", 1).put("count", 40);
        JsonObject large = api.post(
                        "/experiments",
                        sweep(new JsonObject()
                                .put("method", "grid")
                                .put(
                                        "parameters",
                                        new JsonObject().put("x", points).put("y", points))))
                .problem(422, "invalid_field")
                .json();
        assertThat(large.getString("detail")).contains("1600 points; at most 1000");
        api.post(
                        "/experiments",
                        sweep(new JsonObject()
                                .put("method", "asha")
                                .put("trials", 3)
                                .put("parameters", new JsonObject().put("x", points))))
                .problem(422, "invalid_field");
        api.post("/experiments", compare(variant("a", 999_999_999, new JsonObject()), b))
                .problem(404, "not_found");
        api.post("/experiments", compare(a.copy().put("agent_version", "9.9.9"), b))
                .problem(404, "not_found");
        server.user("developer").post("/experiments", compare(a, b)).problem(403, "forbidden");
        api.get("/experiments/" + UUID.randomUUID()).problem(404, "not_found");
        api.get("/runs/compare?ids=" + UUID.randomUUID()).problem(400, "bad_request");
        api.get("/runs/compare?ids=" + UUID.randomUUID() + "," + UUID.randomUUID())
                .problem(404, "not_found");
        api.get("/runs/compare?ids=x,y").problem(400, "bad_request");
    }
}
