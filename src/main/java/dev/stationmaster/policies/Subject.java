package dev.stationmaster.policies;

import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is judged.
 *
 * @param id null: it is not stored, and will not be if it is refused
 * @param size characters of its free texts, which the cost of judging it grows with
 * @param facts what expressions see; made when it is judged, because that reads JSON
 */
record Subject(
        String kind,
        @Nullable String id,
        String name,
        @Nullable Long agentId,
        @Nullable String agentVersion,
        UUID ownerId,
        String owner,
        int size,
        Supplier<Map<String, Object>> facts) {}
