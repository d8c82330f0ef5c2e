package dev.stationmaster.jobs;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads the rules of a job out of the body of its submission, which fits the contract. */
final class JobBody {
    private JobBody() {}

    static Scheduling scheduling(JsonObject body) {
        int replicas = body.getInteger("replicas", 1);
        int minReplicas = body.getInteger("min_replicas", replicas);
        if (minReplicas > replicas) {
            throw invalid("/min_replicas", "is more than replicas");
        }
        return Scheduling.of(
                body.getString("queue", Scheduling.DEFAULT_QUEUE),
                replicas,
                minReplicas,
                body.getBoolean("preemptible", false),
                body.getInteger("min_runtime_seconds", 0));
    }

    static StartRules starts(JsonObject body) {
        String runAt = body.getString("run_at");
        JsonObject dedup = body.getJsonObject("dedup");
        return new StartRules(
                runAt == null ? null : OffsetDateTime.parse(runAt),
                body.getJsonArray("depends_on", new JsonArray()).stream()
                        .map(id -> UUID.fromString(id.toString()))
                        .distinct()
                        .toList(),
                "run".equals(body.getString("on_dependency_failure", "fail")),
                dedup == null ? null : dedup(dedup),
                seconds(body.getInteger("queue_timeout_seconds")));
    }

    private static StartRules.Dedup dedup(JsonObject dedup) {
        boolean ttl = "ttl".equals(dedup.getString("scope", "until_terminal"));
        Integer seconds = dedup.getInteger("ttl_seconds");
        if (ttl != (seconds != null)) {
            throw invalid("/dedup/ttl_seconds", "ttl_seconds belongs to the scope ttl, and that needs it");
        }
        return new StartRules.Dedup(dedup.getString("key"), seconds(seconds));
    }

    static RetryRules retries(JsonObject body) {
        JsonObject backoff = body.getJsonObject("backoff", new JsonObject());
        JsonArray codes = body.getJsonArray("retry_on_exit_codes");
        Duration first = seconds(backoff.getInteger("first_seconds"));
        Duration max = seconds(backoff.getInteger("max_seconds"));
        if (first != null && max != null && first.compareTo(max) > 0) {
            throw invalid("/backoff", "first_seconds is more than max_seconds");
        }
        String stopOn = body.getString("stop_retries_on");
        if (stopOn != null) {
            try {
                Pattern.compile(stopOn);
            } catch (PatternSyntaxException e) {
                throw invalid("/stop_retries_on", "is no regular expression (RE2): " + e.getDescription());
            }
        }
        List<Integer> exitCodes = codes == null
                ? null
                : codes.stream().map(code -> ((Number) code).intValue()).toList();
        return new RetryRules(exitCodes, first, max, stopOn);
    }

    private static @Nullable Duration seconds(@Nullable Integer seconds) {
        return seconds == null ? null : Duration.ofSeconds(seconds);
    }

    private static ApiException invalid(String pointer, String problem) {
        return new ApiException(
                ErrorCode.INVALID_FIELD, pointer + ": " + problem + ".", List.of(new FieldError(pointer, problem)));
    }
}
