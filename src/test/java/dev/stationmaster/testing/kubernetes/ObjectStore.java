package dev.stationmaster.testing.kubernetes;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

/** Objects of a cluster with their versions and history, as etcd keeps them. Guarded by itself. */
final class ObjectStore {
    /** A change; null before: added, null after: deleted. */
    record Change(long version, String kind, JsonObject before, JsonObject after) {}

    private final TreeMap<String, JsonObject> objects = new TreeMap<>();
    private final List<Change> history = new ArrayList<>();
    private long version = 100;
    private long forgotten;

    synchronized long version() {
        return version;
    }

    synchronized Optional<JsonObject> get(String kind, String name) {
        return Optional.ofNullable(objects.get(kind + "/" + name)).map(JsonObject::copy);
    }

    synchronized List<JsonObject> list(String kind) {
        return objects.subMap(kind + "/", kind + "0").values().stream()
                .map(JsonObject::copy)
                .toList();
    }

    /** Empty when it is there already. */
    synchronized Optional<JsonObject> create(String kind, JsonObject object) {
        JsonObject metadata = object.getJsonObject("metadata");
        String key = kind + "/" + metadata.getString("name");
        if (objects.containsKey(key)) {
            return Optional.empty();
        }
        metadata.put("uid", UUID.randomUUID().toString())
                .put("creationTimestamp", now())
                .put("resourceVersion", Long.toString(++version));
        objects.put(key, object.copy());
        changed(new Change(version, kind, null, object.copy()));
        return Optional.of(object.copy());
    }

    synchronized Optional<JsonObject> change(String kind, String name, Consumer<JsonObject> how) {
        JsonObject before = objects.get(kind + "/" + name);
        if (before == null) {
            return Optional.empty();
        }
        JsonObject after = before.copy();
        how.accept(after);
        if (!after.equals(before)) {
            after.getJsonObject("metadata").put("resourceVersion", Long.toString(++version));
            objects.put(kind + "/" + name, after);
            changed(new Change(version, kind, before, after.copy()));
        }
        return Optional.of(after.copy());
    }

    synchronized Optional<JsonObject> delete(String kind, String name) {
        JsonObject gone = objects.remove(kind + "/" + name);
        if (gone == null) {
            return Optional.empty();
        }
        gone.getJsonObject("metadata").put("resourceVersion", Long.toString(++version));
        changed(new Change(version, kind, gone, null));
        return Optional.of(gone);
    }

    private void changed(Change change) {
        history.add(change);
        notifyAll();
    }

    /** Whoever watches from before this point must list again. */
    synchronized void forgetHistory() {
        version++;
        forgotten = version;
        history.clear();
        notifyAll();
    }

    synchronized boolean isForgotten(long from) {
        return from < forgotten;
    }

    /** Waits a while for changes of a kind after a version; may return early with none. */
    @SuppressWarnings("WaitNotInLoop")
    synchronized List<Change> after(String kind, long from, long waitMillis) throws InterruptedException {
        if (changes(kind, from).isEmpty()) {
            wait(waitMillis);
        }
        return changes(kind, from);
    }

    private List<Change> changes(String kind, long from) {
        int at = history.size();
        while (at > 0 && history.get(at - 1).version() > from) {
            at--;
        }
        return history.subList(at, history.size()).stream()
                .filter(change -> change.kind().equals(kind))
                .toList();
    }

    static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    static boolean isOwned(JsonObject object, String uid) {
        JsonArray owners = object.getJsonObject("metadata").getJsonArray("ownerReferences", new JsonArray());
        return owners.stream().anyMatch(o -> ((JsonObject) o).getString("uid").equals(uid));
    }
}
