package dev.stationmaster.policies;

import dev.stationmaster.platform.db.Database;
import dev.stationmaster.policies.PolicyMessages.BrokenPolicy;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** SQL of the history of broken policies. */
final class ViolationStore {
    private static final int PURGE_ROWS = 10_000;
    private static final String INSERT = """
            INSERT INTO policy_violations (at, policy_id, policy, mode, subject_kind, subject_id, subject_name, agent_id,
              owner_id, owner, message, refused)
            SELECT * FROM unnest($1::timestamptz[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
              $8::bigint[], $9::uuid[], $10::text[], $11::text[], $12::boolean[])""";
    private static final String PAGE = """
            SELECT * FROM policy_violations WHERE ($1::bigint IS NULL OR seq < $1) AND ($2::text IS NULL OR owner = $2)
              AND ($3::bigint IS NULL OR agent_id = $3) AND ($4::text IS NULL OR policy = $4)
              AND ($5::timestamptz IS NULL OR at >= $5)
            ORDER BY seq DESC LIMIT $6""";
    private static final String PURGE = """
            DELETE FROM policy_violations
            WHERE seq IN (SELECT seq FROM policy_violations WHERE at < $1 ORDER BY at LIMIT $2)""";

    /** Which entries to list; null means any. */
    record Filter(
            @Nullable String owner,
            @Nullable Long agentId,
            @Nullable String policy,
            @Nullable OffsetDateTime since) {}

    private final Database database;

    ViolationStore(Database database) {
        this.database = database;
    }

    /** With one commit. The results are the items. */
    Future<List<Violation>> insert(List<Violation> items) {
        return database.pool()
                .preparedQuery(INSERT)
                .execute(Tuple.tuple()
                        .addArrayOfOffsetDateTime(column(items, Violation::at, new OffsetDateTime[0]))
                        .addArrayOfUUID(column(items, v -> v.broken().policyId(), new UUID[0]))
                        .addArrayOfString(column(items, v -> v.broken().policy(), new String[0]))
                        .addArrayOfString(column(items, v -> v.broken().mode(), new String[0]))
                        .addArrayOfString(column(items, Violation::subjectKind, new String[0]))
                        .addArrayOfString(column(items, Violation::subjectId, new String[0]))
                        .addArrayOfString(column(items, Violation::subjectName, new String[0]))
                        .addArrayOfLong(column(items, Violation::agentId, new Long[0]))
                        .addArrayOfUUID(column(items, Violation::ownerId, new UUID[0]))
                        .addArrayOfString(column(items, Violation::owner, new String[0]))
                        .addArrayOfString(column(items, v -> v.broken().message(), new String[0]))
                        .addArrayOfBoolean(column(items, Violation::refused, new Boolean[0])))
                .map(done -> items);
    }

    private static <T> T[] column(List<Violation> items, Function<Violation, @Nullable T> field, T[] type) {
        return items.stream().map(field).toList().toArray(type);
    }

    /** Newest first. */
    Future<List<Violation>> page(Filter filter, @Nullable Long beforeSeq, int rows) {
        return database.pool()
                .preparedQuery(PAGE)
                .execute(Tuple.tuple()
                        .addLong(beforeSeq)
                        .addString(filter.owner())
                        .addLong(filter.agentId())
                        .addString(filter.policy())
                        .addOffsetDateTime(filter.since())
                        .addInteger(rows))
                .map(result -> {
                    var items = new ArrayList<Violation>(result.size());
                    result.forEach(row -> items.add(map(row)));
                    return Collections.unmodifiableList(items);
                });
    }

    /** Deletes what is older, a piece at a time. */
    Future<Void> purge(OffsetDateTime before) {
        return database.pool()
                .preparedQuery(PURGE)
                .execute(Tuple.of(before, PURGE_ROWS))
                .compose(rows -> rows.rowCount() < PURGE_ROWS ? Future.succeededFuture() : purge(before));
    }

    private static Violation map(Row row) {
        var broken = new BrokenPolicy(
                row.getUUID("policy_id"), row.getString("policy"), row.getString("mode"), row.getString("message"));
        return new Violation(
                row.getLong("seq"),
                row.getOffsetDateTime("at"),
                broken,
                row.getString("subject_kind"),
                row.getString("subject_id"),
                row.getString("subject_name"),
                row.getLong("agent_id"),
                row.getUUID("owner_id"),
                row.getString("owner"),
                row.getBoolean("refused"));
    }
}
