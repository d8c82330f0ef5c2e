package dev.stationmaster.testing.kubernetes;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;

/** One pod as its node moves it: status by status, and its log. */
public final class FakePod {
    /** As nodes write times: with all nine digits. */
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'").withZone(ZoneOffset.UTC);

    record Line(Instant at, String text) {
        String stamped() {
            return STAMP.format(at) + " " + text;
        }
    }

    private final ObjectStore store;
    private final String name;
    private final List<Line> lines = new ArrayList<>();
    private boolean over;
    private boolean ignoresSigterm;
    private Instant lastAt = Instant.EPOCH;

    FakePod(ObjectStore store, String name) {
        this.store = store;
        this.name = name;
    }

    public String name() {
        return name;
    }

    public JsonObject json() {
        return store.get("pods", name).orElseThrow(() -> new AssertionError(name + " is gone"));
    }

    public boolean isGone() {
        return store.get("pods", name).isEmpty();
    }

    public FakePod unschedulable(String why) {
        return status(s -> s.put("phase", "Pending")
                .put(
                        "conditions",
                        new JsonArray()
                                .add(new JsonObject()
                                        .put("type", "PodScheduled")
                                        .put("status", "False")
                                        .put("reason", "Unschedulable")
                                        .put("message", why))));
    }

    public FakePod scheduled(String node) {
        store.change("pods", name, pod -> pod.getJsonObject("spec").put("nodeName", node));
        return status(s -> s.put("phase", "Pending")
                .put("startTime", ObjectStore.now())
                .put(
                        "conditions",
                        new JsonArray()
                                .add(new JsonObject()
                                        .put("type", "PodScheduled")
                                        .put("status", "True"))));
    }

    public FakePod waits(String reason, String message) {
        return container(new JsonObject()
                .put("waiting", new JsonObject().put("reason", reason).put("message", message)));
    }

    public FakePod runs() {
        scheduled("node-1");
        status(s -> s.put("phase", "Running"));
        return container(new JsonObject().put("running", new JsonObject().put("startedAt", ObjectStore.now())));
    }

    public FakePod says(String... texts) {
        synchronized (lines) {
            for (String text : texts) {
                Instant at = Instant.now();
                lastAt = at.isAfter(lastAt) ? at : lastAt.plusNanos(1);
                lines.add(new Line(lastAt, text));
            }
            lines.notifyAll();
        }
        return this;
    }

    public FakePod ignoringSigterm() {
        ignoresSigterm = true;
        return this;
    }

    boolean ignoresSigterm() {
        return ignoresSigterm;
    }

    public FakePod exits(int code) {
        return exits(code, code == 0 ? "Completed" : "Error");
    }

    public FakePod exits(int code, String reason) {
        logEnds();
        container(new JsonObject()
                .put(
                        "terminated",
                        new JsonObject()
                                .put("exitCode", code)
                                .put("reason", reason)
                                .put("message", reason.equals("StartError") ? "exec: not found" : null)
                                .put("startedAt", ObjectStore.now())
                                .put("finishedAt", ObjectStore.now())));
        return status(s -> s.put("phase", code == 0 ? "Succeeded" : "Failed"));
    }

    /** Its node took it away. */
    public FakePod failed(String reason, String message) {
        logEnds();
        return status(s -> s.put("phase", "Failed").put("reason", reason).put("message", message));
    }

    /** The cluster needs its place. */
    public FakePod disrupted(String reason, String message) {
        return status(s -> s.getJsonArray("conditions")
                .add(new JsonObject()
                        .put("type", "DisruptionTarget")
                        .put("status", "True")
                        .put("reason", reason)
                        .put("message", message)));
    }

    void logEnds() {
        synchronized (lines) {
            over = true;
            lines.notifyAll();
        }
    }

    boolean isLogOver() {
        synchronized (lines) {
            return over;
        }
    }

    /** Waits a while for more than {@code from} lines; may return early with none. */
    @SuppressWarnings("WaitNotInLoop")
    List<Line> linesFrom(int from, long waitMillis) throws InterruptedException {
        synchronized (lines) {
            if (lines.size() <= from && !over) {
                lines.wait(waitMillis);
            }
            return lines.size() <= from ? List.of() : List.copyOf(lines.subList(from, lines.size()));
        }
    }

    boolean hasStarted() {
        return json().getJsonObject("status").getJsonArray("containerStatuses", new JsonArray()).stream()
                .map(c -> ((JsonObject) c).getJsonObject("state"))
                .anyMatch(state -> state.containsKey("running") || state.containsKey("terminated"));
    }

    private FakePod container(JsonObject state) {
        return status(s -> s.put(
                "containerStatuses",
                new JsonArray()
                        .add(new JsonObject()
                                .put("name", "program")
                                .put("image", "img")
                                .put("imageID", "")
                                .put("ready", false)
                                .put("restartCount", 0)
                                .put("state", state))));
    }

    private FakePod status(java.util.function.Consumer<JsonObject> how) {
        store.change("pods", name, pod -> how.accept(pod.getJsonObject("status")));
        return this;
    }
}
