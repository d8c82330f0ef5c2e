package dev.stationmaster.platform.bus;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Builds records with sample values, whatever they hold. A type it does not know has no place in a message. */
final class SampleMessages {
    private SampleMessages() {}

    static <T> T full(Class<T> type) {
        return build(type, false);
    }

    /** Every reference that may be null is. */
    static <T> T sparse(Class<T> type) {
        return build(type, true);
    }

    private static <T> T build(Class<T> type, boolean sparse) {
        try {
            RecordComponent[] components = type.getRecordComponents();
            var types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            var values = Arrays.stream(components)
                    .map(c -> sparse && nullable(c) ? null : value(c.getGenericType()))
                    .toArray();
            var constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(type.getName(), e);
        }
    }

    private static boolean nullable(RecordComponent component) {
        return Arrays.stream(component.getAnnotatedType().getAnnotations())
                .anyMatch(a -> a.annotationType().getSimpleName().equals("Nullable"));
    }

    private static Object value(Type type) {
        if (type instanceof ParameterizedType p) {
            Object first = value(p.getActualTypeArguments()[0]);
            if (p.getRawType() == List.class) {
                return List.of(first, first);
            }
            if (p.getRawType() == Set.class) {
                return Set.of(first);
            }
            if (p.getRawType() == Map.class) {
                return Map.of(first, value(p.getActualTypeArguments()[1]));
            }
        }
        if (type instanceof Class<?> c) {
            return value(c);
        }
        throw new AssertionError("not a type for messages: " + type);
    }

    private static Object value(Class<?> c) {
        if (c == String.class) {
            return "text \"é\" \u0000 {}";
        }
        if (c == long.class || c == Long.class) {
            return Long.MAX_VALUE - 7;
        }
        if (c == int.class || c == Integer.class) {
            return -42;
        }
        if (c == double.class || c == Double.class) {
            return 0.1;
        }
        if (c == boolean.class || c == Boolean.class) {
            return true;
        }
        if (c == LazyJson.class) {
            return LazyJson.of("{\"a\":1}");
        }
        if (c == UUID.class) {
            return UUID.fromString("01234567-89ab-7def-8123-456789abcdef");
        }
        if (c == Instant.class) {
            return Instant.parse("2026-03-14T09:26:53.589793Z");
        }
        if (c == OffsetDateTime.class) {
            return OffsetDateTime.parse("2026-03-14T14:56:53.589793+05:30");
        }
        if (c.isEnum()) {
            return c.getEnumConstants()[0];
        }
        if (c.isRecord()) {
            return full(c);
        }
        throw new AssertionError("not a type for messages: " + c);
    }
}
