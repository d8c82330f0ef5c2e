package dev.stationmaster.gateway.live;

import dev.stationmaster.experiments.ExperimentMessages.ExperimentProgress;
import dev.stationmaster.jobs.JobMessages.JobLog;
import dev.stationmaster.jobs.JobMessages.JobMetric;
import dev.stationmaster.jobs.JobMessages.JobUsage;
import dev.stationmaster.jobs.JobMessages.LiveEvent;
import dev.stationmaster.jobs.JobMessages.QueueChanged;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The text of every frame the server sends. JSON that came as text is put in as it is. */
final class LiveJson {
    static final String PONG = "{\"type\":\"pong\"}";

    private LiveJson() {}

    static String job(String json) {
        return "{\"type\":\"job\",\"job\":" + json + "}";
    }

    static String metric(JobMetric m) {
        JsonObject head = of("metric", m.jobId(), m.agentId())
                .put("attempt", m.attempt())
                .put("step", m.step())
                .put("total_steps", m.totalSteps())
                .put("at", Times.iso(m.at()));
        return with(head, "metrics", m.metricsJson());
    }

    static String log(JobLog m) {
        return of("log", m.jobId(), m.agentId())
                .put("attempt", m.attempt())
                .put("offset", m.offset())
                .put("lines", new JsonArray(m.lines()))
                .encode();
    }

    static String usage(JobUsage m) {
        Double cores = m.cpuCores();
        return of("usage", m.jobId(), m.agentId())
                .put("cpu_cores", cores == null || !Double.isFinite(cores) ? null : cores)
                .put("memory_bytes", m.memoryBytes())
                .put("at", Times.iso(m.at()))
                .encode();
    }

    static String event(LiveEvent m) {
        return new JsonObject()
                .put("type", "event")
                .put("at", Times.iso(m.at()))
                .put("kind", m.kind())
                .put("job_id", m.jobId() == null ? null : m.jobId().toString())
                .put("agent_id", m.agentId())
                .put("message", m.message())
                .encode();
    }

    static String deployment(long agentId) {
        return "{\"type\":\"deployment\",\"agent_id\":" + agentId + "}";
    }

    static String experiment(String json) {
        return "{\"type\":\"experiment\",\"experiment\":" + json + "}";
    }

    static String experimentProgress(ExperimentProgress m) {
        JsonObject head = new JsonObject()
                .put("type", "experiment_progress")
                .put("experiment_id", m.experimentId().toString());
        return with(head, "progress", m.json().text());
    }

    static String queue(QueueChanged m) {
        return "{\"type\":\"queue\",\"queued\":" + m.queued() + ",\"running\":" + m.running() + ",\"retry_wait\":"
                + m.retryWait() + "}";
    }

    static String agent(long agentId) {
        return "{\"type\":\"agent\",\"agent_id\":" + agentId + "}";
    }

    static String snapshot(String topic, String dataJson) {
        return with(new JsonObject().put("type", "snapshot").put("topic", topic), "data", dataJson);
    }

    static String gap(String topic, long dropped) {
        return new JsonObject()
                .put("type", "gap")
                .put("topic", topic)
                .put("dropped", dropped)
                .encode();
    }

    static String error(String code, String detail, @Nullable String topic) {
        JsonObject error =
                new JsonObject().put("type", "error").put("code", code).put("detail", detail);
        if (topic != null) {
            error.put("topic", topic);
        }
        return error.encode();
    }

    private static JsonObject of(String type, UUID jobId, long agentId) {
        return new JsonObject()
                .put("type", type)
                .put("job_id", jobId.toString())
                .put("agent_id", agentId);
    }

    private static String with(JsonObject head, String name, String json) {
        String text = head.encode();
        return text.substring(0, text.length() - 1) + ",\"" + name + "\":" + json + "}";
    }
}
