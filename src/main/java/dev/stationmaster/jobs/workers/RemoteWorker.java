package dev.stationmaster.jobs.workers;

import dev.stationmaster.jobs.runner.Resources;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A GPU box that leases jobs.
 *
 * @param owner whose token it uses; nobody else's may speak for it
 * @param runners how it runs jobs, e.g. {@code process}
 * @param slots attempts at once
 * @param load as it measured last; null: never
 */
public record RemoteWorker(
        String name,
        UUID ownerId,
        String owner,
        WorkerState state,
        String version,
        String address,
        List<String> runners,
        int slots,
        Resources capacity,
        JsonArray gpus,
        JsonObject labels,
        UUID session,
        long pollNumber,
        @Nullable JsonObject load,
        OffsetDateTime registeredAt,
        OffsetDateTime seenAt) {
    /** The runner by which jobs ask for any of them. */
    public static final String RUNNER = "worker";

    public RemoteWorker {
        runners = List.copyOf(runners);
    }
}
