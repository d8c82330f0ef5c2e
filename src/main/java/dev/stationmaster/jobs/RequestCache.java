package dev.stationmaster.jobs;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.Function;

/**
 * Remembers answers of other features for a few seconds, so that a stream of submissions does not ask for each job.
 * A changed answer is forgotten on the bus message that tells of it; the short life covers lost messages. Bound to one
 * event loop, because the futures belong to it.
 */
final class RequestCache<K, V> {
    private static final int MAX_ENTRIES = 10_000;

    private final Cache<K, Future<V>> answers;
    private final Function<K, Future<V>> ask;

    RequestCache(Duration life, Function<K, Future<V>> ask) {
        this.answers = Caffeine.newBuilder()
                .maximumSize(MAX_ENTRIES)
                .expireAfterWrite(life)
                .build();
        this.ask = ask;
    }

    Future<V> get(K key) {
        Future<V> known = answers.getIfPresent(key);
        if (known != null && !known.failed()) {
            return known;
        }
        Future<V> asked = ask.apply(key);
        answers.put(key, asked);
        return asked;
    }

    void forget(K key) {
        answers.invalidate(key);
    }
}
