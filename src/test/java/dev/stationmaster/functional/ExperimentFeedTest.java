package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Experiments as a WebSocket tells of them. */
class ExperimentFeedTest {
    private final Api api = TestServer.shared().user("developer");

    /** What one socket was sent, in order. */
    private static final class Feed implements WebSocket.Listener, AutoCloseable {
        private final BlockingQueue<JsonObject> frames = new LinkedBlockingQueue<>();
        private final StringBuilder part = new StringBuilder();
        private final WebSocket socket;

        Feed(Api api) {
            socket = HttpClient.newHttpClient()
                    .newWebSocketBuilder()
                    .header("Authorization", "Bearer " + api.token())
                    .buildAsync(URI.create(api.base().replace("http:", "ws:") + "/ws"), this)
                    .join();
        }

        @Override
        public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
            part.append(data);
            if (last) {
                frames.add(new JsonObject(part.toString()));
                part.setLength(0);
            }
            webSocket.request(1);
            return null;
        }

        void subscribe(String topic) {
            var command = new JsonObject().put("op", "subscribe").put("topics", new JsonArray().add(topic));
            socket.sendText(command.encode(), true).join();
        }

        /** The next frame of this type that fits; others are passed over. */
        JsonObject next(String type, Predicate<JsonObject> fits) throws InterruptedException {
            for (JsonObject frame; (frame = frames.poll(60, TimeUnit.SECONDS)) != null; ) {
                if (type.equals(frame.getString("type")) && fits.test(frame)) {
                    return frame;
                }
            }
            throw new AssertionError("No frame " + type);
        }

        @Override
        public void close() {
            socket.abort();
        }
    }

    private String start(String kind, JsonObject rest) {
        return api.post(
                        "/experiments",
                        new JsonObject()
                                .put("kind", kind)
                                .put("name", "feed")
                                .put(
                                        "metric",
                                        new JsonObject().put("name", "loss").put("direction", "minimize"))
                                .mergeIn(rest))
                .is(201)
                .json()
                .getString("id");
    }

    private static JsonObject rate(double rate) {
        return new JsonObject()
                .put("learning_rate", rate)
                .put("epochs", 5)
                .put("simulation", new JsonObject().put("step_seconds", 0.005));
    }

    private long agent() {
        return api.post(
                        "/agents",
                        new JsonObject()
                                .put("name", "feed-" + UUID.randomUUID())
                                .put("type", "simulation"))
                .is(201)
                .json()
                .getLong("id");
    }

    private static boolean ended(JsonObject frame, String id, String state, int trials) {
        return id.equals(frame.getString("experiment_id"))
                && frame.getJsonObject("progress").getJsonObject("trials").equals(new JsonObject().put(state, trials));
    }

    @Test
    void a_comparison_is_followed_from_its_beginning_to_its_verdict() throws InterruptedException {
        long agent = agent();
        try (Feed feed = new Feed(api)) {
            feed.subscribe("experiments");
            assertThat(feed.next("snapshot", f -> true).getJsonObject("data").getJsonArray("items"))
                    .isNotNull();
            var variants = new JsonArray();
            for (String name : List.of("a", "b")) {
                variants.add(new JsonObject()
                        .put("name", name)
                        .put("agent_id", agent)
                        .put("hyperparameters", rate("a".equals(name) ? 0.00001 : 0.001)));
            }
            String id =
                    start("compare", new JsonObject().put("variants", variants).put("repetitions", 3));
            feed.next("experiment", f -> id.equals(f.getJsonObject("experiment").getString("id")));
            JsonObject last = feed.next("experiment_progress", f -> ended(f, id, "succeeded", 6))
                    .getJsonObject("progress");
            assertThat(last.getJsonObject("verdict").getString("winner")).isEqualTo("b");
            assertThat(last.getValue("best")).isNull();
            assertThat(last.getDouble("cost")).isNotNull();

            feed.subscribe("experiment:" + id);
            JsonObject experiment = feed.next("snapshot", f -> ("experiment:" + id).equals(f.getString("topic")))
                    .getJsonObject("data")
                    .getJsonObject("experiment");
            assertThat(experiment.getJsonObject("trials")).isEqualTo(last.getJsonObject("trials"));
            assertThat(experiment.getJsonObject("verdict")).isEqualTo(last.getJsonObject("verdict"));

            feed.subscribe("experiment:" + UUID.randomUUID());
            assertThat(feed.next("error", f -> true).getString("code")).isEqualTo("not_found");
        }
    }

    @Test
    void a_sweep_tells_its_best_trial() throws InterruptedException {
        try (Feed feed = new Feed(api)) {
            feed.subscribe("experiments");
            feed.next("snapshot", f -> true);
            var rates =
                    new JsonObject().put("values", new JsonArray().add(0.00001).add(0.001));
            String id = start(
                    "sweep",
                    new JsonObject()
                            .put(
                                    "sweep",
                                    new JsonObject()
                                            .put("agent_id", agent())
                                            .put("method", "grid")
                                            .put("hyperparameters", rate(0))
                                            .put("parameters", new JsonObject().put("learning_rate", rates))));
            JsonObject last = feed.next("experiment_progress", f -> ended(f, id, "succeeded", 2))
                    .getJsonObject("progress");
            assertThat(last.getValue("verdict")).isNull();
            JsonObject listed = api.get("/experiments/" + id).is(200).json();
            assertThat(last.getJsonObject("best")).isEqualTo(listed.getJsonObject("best"));
            assertThat(last.getJsonObject("best").getString("variant")).isEqualTo("trial-2");
        }
    }
}
