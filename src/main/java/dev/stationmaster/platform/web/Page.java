package dev.stationmaster.platform.web;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One page of a list. Stores read one row more than asked to know whether there is a next page. */
public record Page<T>(List<T> items, @Nullable String nextCursor) {
    public Page {
        items = List.copyOf(items);
    }

    /** Cuts {@code rows}, which hold up to {@code limit + 1}, and makes the cursor from the last item kept. */
    public static <T> Page<T> of(List<T> rows, int limit, Function<T, Object> cursor) {
        if (rows.size() <= limit) {
            return new Page<>(rows, null);
        }
        List<T> kept = rows.subList(0, limit);
        return new Page<>(kept, String.valueOf(cursor.apply(kept.get(limit - 1))));
    }

    public JsonObject toJson(Function<T, JsonObject> item) {
        var array = new JsonArray();
        items.forEach(i -> array.add(item.apply(i)));
        return new JsonObject().put("items", array).put("next_cursor", nextCursor);
    }

    /** A cursor that is a number; null means from the start. */
    public static @Nullable Long numberCursor(@Nullable String cursor) {
        if (cursor == null) {
            return null;
        }
        try {
            return Long.valueOf(cursor);
        } catch (NumberFormatException e) {
            throw new ApiException(
                    ErrorCode.BAD_REQUEST, "The cursor is not one of ours; take next_cursor of the page before.");
        }
    }

    /** A cursor that is a UUID; null means from the start. */
    public static @Nullable UUID uuidCursor(@Nullable String cursor) {
        if (cursor == null) {
            return null;
        }
        try {
            return UUID.fromString(cursor);
        } catch (IllegalArgumentException e) {
            throw new ApiException(
                    ErrorCode.BAD_REQUEST, "The cursor is not one of ours; take next_cursor of the page before.");
        }
    }
}
