package dev.stationmaster.agents;

import dev.stationmaster.platform.config.Quantity;
import dev.stationmaster.platform.security.Hash;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What runs: immutable once stored. Zero CPU or memory means that the agent does not say. */
record AgentVersion(
        long agentId,
        String version,
        int seq,
        @Nullable String dockerImage,
        JsonObject config,
        long cpuMillis,
        long memoryBytes,
        int gpus,
        long storageBytes,
        @Nullable String runner,
        List<String> command,
        @Nullable String workingDir,
        Map<String, String> env,
        OffsetDateTime createdAt,
        String createdBy) {

    AgentVersion {
        command = List.copyOf(command);
        env = Map.copyOf(env);
    }

    /** SHA-256 over everything that decides what runs. */
    String digest() {
        var content = new JsonObject()
                .put("docker_image", dockerImage)
                .put("config", config)
                .put("resources", resources())
                .put("runner", runner)
                .put("command", new JsonArray(command))
                .put("working_dir", workingDir)
                .put("env", envJson());
        return HexFormat.of().formatHex(Hash.sha256(content.encode()));
    }

    /** This version with the fields that {@code body} names replaced. */
    AgentVersion with(JsonObject body, String newVersion, int newSeq, OffsetDateTime now, String by) {
        JsonObject res = body.getJsonObject("resource_requirements");
        JsonObject r = res == null ? resources() : res;
        return new AgentVersion(
                agentId,
                newVersion,
                newSeq,
                body.getString("docker_image", dockerImage),
                body.getJsonObject("config", config),
                r.containsKey("cpu") ? Quantity.parseMillis(r.getString("cpu")) : 0,
                r.containsKey("memory") ? Quantity.parseWhole(r.getString("memory")) : 0,
                r.containsKey("gpu") ? (int) Quantity.parseWhole(r.getString("gpu")) : 0,
                r.containsKey("storage") ? Quantity.parseWhole(r.getString("storage")) : 0,
                body.getString("runner", runner),
                body.containsKey("command") ? strings(body.getJsonArray("command")) : command,
                body.getString("working_dir", workingDir),
                body.containsKey("env") ? stringMap(body.getJsonObject("env")) : env,
                now,
                by);
    }

    static AgentVersion empty(OffsetDateTime now, String by) {
        return new AgentVersion(0, "", 0, null, new JsonObject(), 0, 0, 0, 0, null, List.of(), null, Map.of(), now, by);
    }

    AgentVersion ofAgent(long id) {
        return new AgentVersion(
                id,
                version,
                seq,
                dockerImage,
                config,
                cpuMillis,
                memoryBytes,
                gpus,
                storageBytes,
                runner,
                command,
                workingDir,
                env,
                createdAt,
                createdBy);
    }

    /** Only what the agent says. */
    JsonObject resources() {
        var json = new JsonObject();
        if (cpuMillis > 0) {
            json.put("cpu", Quantity.ofMillis(cpuMillis));
        }
        if (memoryBytes > 0) {
            json.put("memory", Quantity.ofBytes(memoryBytes));
        }
        if (gpus > 0) {
            json.put("gpu", Integer.toString(gpus));
        }
        if (storageBytes > 0) {
            json.put("storage", Quantity.ofBytes(storageBytes));
        }
        return json;
    }

    /** The runner by name, or what follows from the command; null: the server decides when a job is submitted. */
    @Nullable
    String effectiveRunner(String agentType) {
        if (runner != null) {
            return runner;
        }
        if (!command.isEmpty() && dockerImage == null) {
            return "process";
        }
        return dockerImage == null && "simulation".equals(agentType) ? "simulation" : null;
    }

    /** The fields that an agent and its version share. */
    JsonObject contentJson(String agentType) {
        return new JsonObject()
                .put("docker_image", dockerImage)
                .put("config", config)
                .put("resource_requirements", resources())
                .put("runner", effectiveRunner(agentType))
                .put("command", new JsonArray(command))
                .put("working_dir", workingDir)
                .put("env", envJson());
    }

    JsonObject toJson(String agentType, boolean current) {
        return new JsonObject()
                .put("agent_id", agentId)
                .put("version", version)
                .put("current", current)
                .mergeIn(contentJson(agentType))
                .put("digest", digest())
                .put("created_at", Times.iso(createdAt))
                .put("created_by", createdBy);
    }

    private JsonObject envJson() {
        var json = new JsonObject();
        new TreeMap<>(env).forEach(json::put);
        return json;
    }

    static List<String> strings(JsonArray array) {
        return array.stream().map(Object::toString).toList();
    }

    static Map<String, String> stringMap(JsonObject object) {
        var map = new TreeMap<String, String>();
        object.forEach(e -> map.put(e.getKey(), String.valueOf(e.getValue())));
        return map;
    }
}
