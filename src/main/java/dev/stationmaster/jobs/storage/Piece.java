package dev.stationmaster.jobs.storage;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * A part of a file on its way in, or all of it.
 *
 * @param name path within the folder
 * @param offset where the piece begins; 0 begins anew
 * @param complete whether it is the last
 * @param sha256 of the whole file, in hexadecimal digits; null: not compared
 */
public record Piece(
        String name,
        long offset,
        boolean complete,
        @Nullable String sha256,
        Buffer bytes) {
    JsonObject stored(long size) {
        return new JsonObject().put("name", name).put("size_bytes", size).put("complete", complete);
    }
}
