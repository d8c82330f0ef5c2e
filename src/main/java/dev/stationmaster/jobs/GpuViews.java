package dev.stationmaster.jobs;

import dev.stationmaster.jobs.runner.gpu.GpuState;
import dev.stationmaster.jobs.workers.RemoteWorker;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** GPUs one by one, as JSON. */
final class GpuViews {
    private GpuViews() {}

    static @Nullable JsonArray of(@Nullable List<GpuState> states) {
        return states == null
                ? null
                : new JsonArray(states.stream().map(GpuState::toJson).toList());
    }

    /** As it registered them, and who has them as it told with its last poll. */
    static JsonArray of(RemoteWorker worker) {
        JsonObject load = worker.load();
        JsonObject jobs = load == null ? new JsonObject() : load.getJsonObject("gpus", new JsonObject());
        var shown = new JsonArray();
        for (int i = 0; i < worker.gpus().size(); i++) {
            JsonObject gpu = worker.gpus().getJsonObject(i).copy();
            String job = jobs.getString(gpu.getString("id"));
            boolean out = GpuState.OUT_OF_SERVICE.equals(gpu.getString("state"));
            gpu.put("state", out ? GpuState.OUT_OF_SERVICE : job != null ? "used" : "free");
            shown.add(job == null ? gpu : gpu.put("job", job));
        }
        return shown;
    }
}
