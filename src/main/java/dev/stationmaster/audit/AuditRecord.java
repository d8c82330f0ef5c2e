package dev.stationmaster.audit;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** One link of the chain as its row says; the hash in hex. */
record AuditRecord(long seq, OffsetDateTime at, AuditEntry entry, String hash) {
    JsonObject toJson() {
        return new JsonObject()
                .put("seq", seq)
                .put("at", Times.iso(at))
                .put("actor", entry.actor())
                .put("action", entry.action())
                .put("target", entry.target())
                .put("before", json(entry.before()))
                .put("after", json(entry.after()))
                .put("request_id", entry.requestId())
                .put("hash", hash);
    }

    private static @Nullable Object json(@Nullable String text) {
        return text == null ? null : Json.decodeValue(text);
    }
}
