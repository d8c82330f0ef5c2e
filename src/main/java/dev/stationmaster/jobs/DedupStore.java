package dev.stationmaster.jobs;

import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** SQL of deduplication keys. */
final class DedupStore {
    private static final String CLAIM = """
            INSERT INTO job_dedup AS d (owner_id, key, job_id, expires_at)
            SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[])
            ON CONFLICT (owner_id, key) DO UPDATE SET job_id = excluded.job_id, expires_at = excluded.expires_at
            WHERE d.expires_at < $5 OR (d.expires_at IS NULL
              AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.id = d.job_id AND j.finished_at IS NULL))
            RETURNING job_id""";
    private static final String HOLDERS = """
            SELECT d.owner_id, d.key, d.job_id FROM job_dedup d
            JOIN unnest($1::uuid[], $2::text[]) AS u(owner_id, key) USING (owner_id, key)""";

    private record Key(UUID owner, String key) {}

    /** For each job that is the same as another one, that other one. The rest stand for their keys from now on. */
    Future<Map<UUID, UUID>> duplicates(SqlConnection tx, List<NewJob> jobs, OffsetDateTime now) {
        Map<Key, NewJob> first = new LinkedHashMap<>();
        for (NewJob job : jobs) {
            StartRules.Dedup dedup = job.starts().dedup();
            if (dedup != null) {
                first.putIfAbsent(new Key(job.caller().userId(), dedup.key()), job);
            }
        }
        if (first.isEmpty()) {
            return Future.succeededFuture(Map.of());
        }
        List<Key> keys = List.copyOf(first.keySet());
        UUID[] owners = keys.stream().map(Key::owner).toArray(UUID[]::new);
        String[] names = keys.stream().map(Key::key).toArray(String[]::new);
        Tuple claim = Tuple.tuple()
                .addArrayOfUUID(owners)
                .addArrayOfString(names)
                .addArrayOfUUID(first.values().stream().map(NewJob::id).toArray(UUID[]::new))
                .addArrayOfOffsetDateTime(first.values().stream()
                        .map(job -> expiry(job, now))
                        .toList()
                        .toArray(new OffsetDateTime[0]))
                .addOffsetDateTime(now);
        return tx.preparedQuery(CLAIM)
                .execute(claim)
                .compose(done -> tx.preparedQuery(HOLDERS)
                        .execute(Tuple.tuple().addArrayOfUUID(owners).addArrayOfString(names)))
                .map(rows -> {
                    Map<Key, UUID> holders = new HashMap<>();
                    rows.forEach(r -> holders.put(new Key(r.getUUID(0), r.getString(1)), r.getUUID(2)));
                    return duplicates(jobs, holders);
                });
    }

    private static @org.jspecify.annotations.Nullable OffsetDateTime expiry(NewJob job, OffsetDateTime now) {
        StartRules.Dedup dedup = job.starts().dedup();
        return dedup == null || dedup.ttl() == null ? null : now.plus(dedup.ttl());
    }

    private static Map<UUID, UUID> duplicates(List<NewJob> jobs, Map<Key, UUID> holders) {
        Map<UUID, UUID> duplicates = new HashMap<>();
        for (NewJob job : jobs) {
            StartRules.Dedup dedup = job.starts().dedup();
            UUID holder =
                    dedup == null ? null : holders.get(new Key(job.caller().userId(), dedup.key()));
            if (holder != null && !holder.equals(job.id())) {
                duplicates.put(job.id(), holder);
            }
        }
        return duplicates;
    }
}
