package dev.stationmaster.jobs.queues;

import dev.stationmaster.jobs.scheduler.Amounts;
import dev.stationmaster.platform.config.Quantity;
import io.vertx.core.json.JsonObject;

/** Limits as JSON: with quantities in the API, with plain integers in rows. What is absent has no limit. */
public final class LimitsJson {
    private LimitsJson() {}

    /** As in the API. */
    public static JsonObject toApi(Amounts a) {
        var json = new JsonObject();
        put(json, "cpu", a.cpuMillis(), v -> Quantity.ofMillis(v));
        put(json, "memory", a.memoryBytes(), v -> Quantity.ofBytes(v));
        put(json, "gpu", a.gpus(), v -> Long.toString(v));
        put(json, "storage", a.storageBytes(), v -> Quantity.ofBytes(v));
        put(json, "jobs", a.jobs(), v -> v);
        return json;
    }

    private static void put(JsonObject json, String name, long value, java.util.function.LongFunction<Object> text) {
        if (value != Amounts.UNLIMITED) {
            json.put(name, text.apply(value));
        }
    }

    public static Amounts fromApi(JsonObject json) {
        return new Amounts(
                json.containsKey("cpu") ? Quantity.parseMillis(json.getString("cpu")) : Amounts.UNLIMITED,
                json.containsKey("memory") ? Quantity.parseWhole(json.getString("memory")) : Amounts.UNLIMITED,
                json.containsKey("gpu") ? Quantity.parseWhole(json.getString("gpu")) : Amounts.UNLIMITED,
                json.containsKey("storage") ? Quantity.parseWhole(json.getString("storage")) : Amounts.UNLIMITED,
                json.getLong("jobs", Amounts.UNLIMITED));
    }

    static JsonObject toRow(Amounts a) {
        var json = new JsonObject();
        put(json, "cpu_millis", a.cpuMillis(), v -> v);
        put(json, "memory_bytes", a.memoryBytes(), v -> v);
        put(json, "gpus", a.gpus(), v -> v);
        put(json, "storage_bytes", a.storageBytes(), v -> v);
        put(json, "jobs", a.jobs(), v -> v);
        return json;
    }

    static Amounts fromRow(JsonObject json) {
        return new Amounts(
                json.getLong("cpu_millis", Amounts.UNLIMITED),
                json.getLong("memory_bytes", Amounts.UNLIMITED),
                json.getLong("gpus", Amounts.UNLIMITED),
                json.getLong("storage_bytes", Amounts.UNLIMITED),
                json.getLong("jobs", Amounts.UNLIMITED));
    }
}
