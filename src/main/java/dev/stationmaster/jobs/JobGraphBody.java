package dev.stationmaster.jobs;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads a graph of jobs out of the body of its submission, which fits the contract. */
final class JobGraphBody {
    private JobGraphBody() {}

    /**
     * The bodies of the jobs by their names, each after those that it depends on. Refuses names that nobody has, and cycles.
     */
    static Map<String, JsonObject> ordered(JsonObject body) {
        JsonObject jobs = body.getJsonObject("jobs");
        Map<String, List<String>> inside = new LinkedHashMap<>();
        var errors = new ArrayList<FieldError>();
        for (String key : jobs.fieldNames()) {
            JsonArray named = jobs.getJsonObject(key).getJsonArray("depends_on", new JsonArray());
            var others = new ArrayList<String>();
            for (int i = 0; i < named.size(); i++) {
                String other = named.getString(i);
                if (jobs.containsKey(other)) {
                    others.add(other);
                } else if (uuid(other) == null) {
                    errors.add(new FieldError(
                            "/jobs/" + key + "/depends_on/" + i, "There is no job " + other + " in this graph"));
                }
            }
            inside.put(key, others);
        }
        if (!errors.isEmpty()) {
            throw new ApiException(
                    ErrorCode.INVALID_FIELD,
                    errors.get(0).detail() + ", and it is no id of a job; name a key of jobs, or an id.",
                    errors);
        }
        TopologicalOrder sorted = TopologicalOrder.of(inside);
        if (!sorted.cycle().isEmpty()) {
            String path = String.join(" → ", sorted.cycle());
            throw new ApiException(
                    ErrorCode.INVALID_FIELD,
                    "Each of these jobs waits for the next, and the last is the first: " + path
                            + ". Take one of these dependencies away.",
                    List.of(new FieldError(
                            "/jobs/" + sorted.cycle().get(0) + "/depends_on", "It is in a cycle: " + path)));
        }
        Map<String, JsonObject> ordered = new LinkedHashMap<>();
        sorted.order().forEach(key -> ordered.put(key, jobs.getJsonObject(key)));
        return ordered;
    }

    /** The body of one job as if it was submitted alone, with the ids of those that it depends on. */
    static JsonObject single(JsonObject job, Map<String, UUID> ids) {
        var others = new JsonArray();
        for (Object other : job.getJsonArray("depends_on", new JsonArray())) {
            UUID id = ids.get(other.toString());
            others.add(id == null ? other : id.toString());
        }
        return job.copy().put("depends_on", others);
    }

    private static @Nullable UUID uuid(String text) {
        try {
            return text.length() == 36 ? UUID.fromString(text) : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
