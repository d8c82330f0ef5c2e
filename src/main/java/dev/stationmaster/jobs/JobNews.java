package dev.stationmaster.jobs;

import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.bus.LazyJson;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** Tells everybody who watches that a job changed. Called after the commit. */
final class JobNews {
    private JobNews() {}

    static void changed(Bus bus, Job job) {
        bus.publish(new JobMessages.JobChanged(
                job.id(), job.agentId(), job.state().wireName(), LazyJson.of(() -> job.summary()
                        .encode())));
    }

    /** Also as a line for people. */
    static void moved(Bus bus, Job job, OffsetDateTime at) {
        changed(bus, job);
        bus.publish(
                new JobMessages.LiveEvent(at, "job." + job.state().wireName(), job.id(), job.agentId(), sentence(job)));
    }

    static void event(Bus bus, Job job, OffsetDateTime at, String kind, String message) {
        bus.publish(new JobMessages.LiveEvent(at, kind, job.id(), job.agentId(), message));
    }

    static String sentence(Job job) {
        return sentence(job.name(), job.state().wireName(), job.reason(), job.message());
    }

    static String sentence(String name, @Nullable String state, @Nullable String reason, @Nullable String message) {
        String what = name + ": " + (state == null ? "" : state.replace('_', ' '));
        if (message != null) {
            return what + ". " + message;
        }
        return reason == null ? what : what + " (" + reason + ")";
    }

    /** As in live feeds and the overview. */
    static JsonObject eventJson(
            @Nullable String at, String kind, @Nullable String jobId, @Nullable Long agentId, String message) {
        return new JsonObject()
                .put("at", at)
                .put("kind", kind)
                .put("job_id", jobId)
                .put("agent_id", agentId)
                .put("message", message);
    }
}
