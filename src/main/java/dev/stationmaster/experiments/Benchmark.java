package dev.stationmaster.experiments;

import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A named suite of cases. Immutable, so that results of different versions stay comparable. */
record Benchmark(
        UUID id,
        long seq,
        String name,
        @Nullable String description,
        UUID ownerId,
        String owner,
        Plan plan,
        OffsetDateTime createdAt) {

    JsonObject toJson() {
        return new JsonObject()
                .put("id", id.toString())
                .put("name", name)
                .put("description", description)
                .put("owner", owner)
                .put("cases", plan.json().getJsonArray("cases"))
                .put("seeds", plan.json().getJsonArray("seeds"))
                .put("confidence", plan.confidence())
                .put("created_at", Times.iso(createdAt));
    }
}
