package dev.stationmaster.platform.bus;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * JSON text in a message, written only when somebody reads it: most facts have no watcher. Travels between nodes as text.
 * Thread-safe, if what the writer reads never changes.
 */
public final class LazyJson {
    private final Supplier<String> writer;
    private volatile @Nullable String text;

    private LazyJson(Supplier<String> writer) {
        this.writer = writer;
    }

    /** @param writer may be called on any thread, and more than once */
    public static LazyJson of(Supplier<String> writer) {
        return new LazyJson(writer);
    }

    @JsonCreator
    public static LazyJson of(String text) {
        return new LazyJson(() -> text);
    }

    @JsonValue
    public String text() {
        String known = text;
        if (known == null) {
            known = writer.get();
            text = known;
        }
        return known;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LazyJson json && json.text().equals(text());
    }

    @Override
    public int hashCode() {
        return Objects.hash(text());
    }

    @Override
    public String toString() {
        return text();
    }
}
