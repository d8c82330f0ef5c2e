package dev.stationmaster.agents;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.web.ApiException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Map;

/** SQL of agents' secrets; sees only sealed bytes. */
final class SecretStore {
    private static final String PUT = """
            INSERT INTO agent_secrets (agent_id, name, sealed, updated_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (agent_id, name) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at""";
    private static final String DELETE = "DELETE FROM agent_secrets WHERE agent_id = $1 AND name = $2";
    private static final String SEALED = "SELECT name, sealed FROM agent_secrets WHERE agent_id = $1";
    private static final String NAMES = "SELECT name, updated_at FROM agent_secrets WHERE agent_id = $1 ORDER BY name";

    private final Database database;
    private final AuditTrail audit;

    SecretStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    Future<Void> put(long agentId, String name, byte[] sealed, OffsetDateTime now, AuditEntry entry) {
        return database.inTransaction(tx -> tx.preparedQuery(PUT)
                .execute(Tuple.of(agentId, name, Buffer.buffer(sealed), now))
                .compose(done -> audit.append(tx, entry)));
    }

    Future<Void> delete(long agentId, String name, AuditEntry entry) {
        return database.inTransaction(tx -> tx.preparedQuery(DELETE)
                .execute(Tuple.of(agentId, name))
                .compose(rows -> rows.rowCount() == 1
                        ? audit.append(tx, entry)
                        : Future.failedFuture(ApiException.notFound("secret", name))));
    }

    Future<Map<String, byte[]>> sealed(long agentId) {
        return database.pool().preparedQuery(SEALED).execute(Tuple.of(agentId)).map(rows -> {
            var found = new LinkedHashMap<String, byte[]>();
            rows.forEach(row -> found.put(row.getString(0), row.getBuffer(1).getBytes()));
            return found;
        });
    }

    Future<Map<String, OffsetDateTime>> names(long agentId) {
        return database.pool().preparedQuery(NAMES).execute(Tuple.of(agentId)).map(rows -> {
            var found = new LinkedHashMap<String, OffsetDateTime>();
            rows.forEach(row -> found.put(row.getString(0), row.getOffsetDateTime(1)));
            return found;
        });
    }
}
