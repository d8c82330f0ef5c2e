package dev.stationmaster.policies.language;

import dev.cel.common.values.NullValue;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON as values of the language: numbers are long or double, and a member that is null is absent. */
public final class JsonValues {
    private JsonValues() {}

    /** Throws {@code DecodeException} for anything but a JSON object. */
    public static Map<String, Object> of(String json) {
        return object(new JsonObject(json).getMap());
    }

    private static Map<String, Object> object(Map<?, ?> members) {
        var copy = new HashMap<String, Object>();
        members.forEach((name, value) -> {
            if (value != null) {
                copy.put(String.valueOf(name), value(value));
            }
        });
        return copy;
    }

    private static Object value(@Nullable Object value) {
        if (value == null) {
            return NullValue.NULL_VALUE;
        }
        if (value instanceof Map<?, ?> map) {
            return object(map);
        }
        if (value instanceof List<?> list) {
            return list.stream().map(JsonValues::value).toList();
        }
        if (value instanceof Number number) {
            boolean whole = number instanceof Integer || number instanceof Long;
            return whole ? (Object) number.longValue() : (Object) number.doubleValue();
        }
        return value;
    }
}
