package dev.stationmaster.jobs;

import dev.stationmaster.jobs.runner.Resources;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Mapping of rows of jobs and what belongs to them. */
final class JobRows {
    private JobRows() {}

    static List<Job> all(RowSet<Row> rows) {
        var jobs = new ArrayList<Job>(rows.size());
        rows.forEach(row -> jobs.add(map(row)));
        return jobs;
    }

    static Optional<Job> first(RowSet<Row> rows) {
        return rows.size() == 0
                ? Optional.empty()
                : Optional.of(map(rows.iterator().next()));
    }

    static Job map(Row row) {
        return new Job(
                row.getUUID("id"),
                row.getLong("seq"),
                row.getUUID("owner_id"),
                row.getString("owner"),
                row.getLong("agent_id"),
                row.getString("agent_name"),
                row.getString("agent_version"),
                row.getString("name"),
                row.getInteger("priority"),
                JobState.of(row.getString("state")),
                row.getString("reason"),
                row.getString("message"),
                row.getString("runner"),
                row.getBoolean("simulated"),
                row.getInteger("attempt"),
                row.getInteger("failures"),
                row.getInteger("max_attempts"),
                row.getInteger("lost_leases"),
                row.getLong("lease"),
                row.getString("worker"),
                row.getLong("step"),
                row.getLong("total_steps"),
                row.getJsonObject("metrics"),
                row.getLong("cost_nanos"),
                row.getInteger("exit_code"),
                row.getJsonObject("hyperparameters"),
                row.getJsonObject("training_config"),
                new Resources(
                        row.getLong("cpu_millis"),
                        row.getLong("memory_bytes"),
                        row.getInteger("gpus"),
                        row.getLong("storage_bytes")),
                new Scheduling(
                        row.getString("queue"),
                        row.getInteger("replicas"),
                        row.getInteger("min_replicas"),
                        row.getInteger("replicas_started"),
                        row.getBoolean("preemptible"),
                        row.getInteger("min_runtime_seconds"),
                        row.getUUID("preempted_for"),
                        row.getOffsetDateTime("preempt_deadline"),
                        row.getBoolean("preempt_acknowledged"),
                        row.getInteger("preemptions")),
                starts(row),
                retries(row),
                row.getLong("timeout_seconds"),
                row.getJsonObject("labels"),
                row.getJsonObject("service"),
                row.getUUID("retried_from"),
                row.getUUID("graph_id"),
                row.getUUID("folder_id"),
                row.getLong("version"),
                row.getOffsetDateTime("created_at"),
                row.getOffsetDateTime("queued_at"),
                row.getOffsetDateTime("run_at"),
                row.getOffsetDateTime("started_at"),
                row.getOffsetDateTime("finished_at"));
    }

    private static StartRules starts(Row row) {
        String key = row.getString("dedup_key");
        return new StartRules(
                row.getOffsetDateTime("run_at"),
                List.of(row.getArrayOfUUIDs("depends_on")),
                "run".equals(row.getString("on_dependency_failure")),
                key == null ? null : new StartRules.Dedup(key, null),
                seconds(row.getInteger("queue_timeout_seconds")));
    }

    private static RetryRules retries(Row row) {
        Integer[] codes = row.getArrayOfIntegers("retry_on_exit_codes");
        return new RetryRules(
                codes == null ? null : List.of(codes),
                seconds(row.getInteger("retry_first_seconds")),
                seconds(row.getInteger("retry_max_seconds")),
                row.getString("stop_retries_on"));
    }

    private static @Nullable Duration seconds(@Nullable Integer seconds) {
        return seconds == null ? null : Duration.ofSeconds(seconds);
    }

    static JobEvent event(Row row) {
        return new JobEvent(
                row.getLong("seq"),
                row.getOffsetDateTime("at"),
                row.getString("kind"),
                row.getString("state"),
                row.getString("reason"),
                row.getString("message"),
                row.getInteger("attempt"));
    }

    static LatestEvent latestEvent(Row row) {
        return new LatestEvent(
                row.getOffsetDateTime("at"),
                row.getString("kind"),
                row.getString("state"),
                row.getString("reason"),
                row.getString("message"),
                row.getUUID("job_id"),
                row.getLong("agent_id"),
                row.getString("name"));
    }

    static MetricPoint metric(Row row) {
        return new MetricPoint(
                row.getLong("seq"),
                row.getOffsetDateTime("at"),
                row.getInteger("attempt"),
                row.getLong("step"),
                row.getLong("total_steps"),
                row.getJsonObject("metrics"));
    }

    static AttemptView attempt(Row row) {
        return new AttemptView(
                row.getInteger("attempt"),
                row.getLong("lease"),
                row.getString("runner"),
                row.getString("worker"),
                row.getString("outcome"),
                row.getString("reason"),
                row.getString("message"),
                row.getInteger("exit_code"),
                row.getOffsetDateTime("started_at"),
                row.getOffsetDateTime("finished_at"),
                row.getLong("cost_nanos"),
                row.getLong("peak_memory_bytes"));
    }
}
