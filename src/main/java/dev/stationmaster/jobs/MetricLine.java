package dev.stationmaster.jobs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.vertx.core.json.JsonObject;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A metric point out of one output line: {@code {"metrics":{…},"step":n,"total_steps":m}}. Values that are not finite
 * numbers become null: the point is kept, the value is unknown.
 *
 * @param metrics names to numbers or null
 * @param notFinite whether a value was NaN or infinite
 */
record MetricLine(
        JsonObject metrics, @Nullable Long step, @Nullable Long totalSteps, boolean notFinite) {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();
    private static final int MAX_LENGTH = 65_536;
    private static final int MAX_NAME = 100;

    /** Empty when the line is ordinary log. */
    static Optional<MetricLine> parse(String line) {
        String text = line.strip();
        if (text.length() > MAX_LENGTH || !text.startsWith("{") || !text.contains("\"metrics\"")) {
            return Optional.empty();
        }
        try {
            JsonNode node = MAPPER.readTree(text);
            JsonNode metrics = node.get("metrics");
            return metrics == null || !metrics.isObject() || metrics.isEmpty()
                    ? Optional.empty()
                    : Optional.of(of(node, metrics));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static MetricLine of(JsonNode node, JsonNode metrics) {
        var values = new JsonObject();
        boolean notFinite = false;
        for (var entry : metrics.properties()) {
            JsonNode value = entry.getValue();
            if (entry.getKey().length() > MAX_NAME || entry.getKey().indexOf('\0') >= 0) {
                continue;
            }
            boolean finite = value.isNumber() && Double.isFinite(value.doubleValue());
            notFinite |= value.isNumber() && !finite;
            values.put(entry.getKey(), finite ? Double.valueOf(value.doubleValue()) : null);
        }
        return new MetricLine(values, whole(node.get("step")), whole(node.get("total_steps")), notFinite);
    }

    private static @Nullable Long whole(@Nullable JsonNode node) {
        return node != null && node.isNumber() && node.canConvertToLong() && node.longValue() >= 0
                ? node.longValue()
                : null;
    }
}
