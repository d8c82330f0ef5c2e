package dev.stationmaster.jobs;

import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When a waiting job will start.
 *
 * @param earliest if all jobs before it run as short as the shortest fifth of their agents' did lately
 * @param likely if they run as long as the median
 * @param latest if they run as long as the longest fifth; null: that was not foreseen
 */
record StartEstimate(
        Instant earliest, Instant likely, @Nullable Instant latest) {
    /** Starts of a lane that are kept; those behind follow at the same pace. */
    private static final int KEPT = 32;

    void into(JsonObject json) {
        json.put("estimated_start_at", Times.iso(likely.atOffset(ZoneOffset.UTC)))
                .put("estimated_start_earliest", Times.iso(earliest.atOffset(ZoneOffset.UTC)))
                .put("estimated_start_latest", latest == null ? null : Times.iso(latest.atOffset(ZoneOffset.UTC)));
    }

    /** Starts of one lane under the three assumptions, in the order of its jobs. */
    record OfLane(List<Instant> earliest, List<Instant> likely, List<Instant> latest) {
        /** Of the job at a place in the lane, from 0; null when it was not foreseen. */
        @Nullable
        StartEstimate at(long place) {
            Instant early = at(earliest, place);
            Instant middle = at(likely, place);
            Instant late = at(latest, place);
            if (early == null || middle == null) {
                return null;
            }
            // what runs longer may let another pass: the order of the three is not given
            Instant first = early.isBefore(middle) ? early : middle;
            return new StartEstimate(first, middle, late == null || late.isAfter(middle) ? late : middle);
        }

        private static @Nullable Instant at(List<Instant> starts, long place) {
            if (place < starts.size()) {
                return starts.get((int) place);
            }
            if (starts.size() < 2) {
                return null;
            }
            Instant first = starts.get(0);
            Instant last = starts.get(starts.size() - 1);
            double pace = (double) (last.toEpochMilli() - first.toEpochMilli()) / (starts.size() - 1);
            return pace <= 0 ? null : last.plusMillis(Math.round(pace * (place - starts.size() + 1)));
        }

        /** As stored in the index. */
        String text(Instant made) {
            return new JsonArray()
                    .add(made.toEpochMilli())
                    .add(millis(earliest))
                    .add(millis(likely))
                    .add(millis(latest))
                    .encode();
        }

        private static JsonArray millis(List<Instant> starts) {
            var millis = new JsonArray();
            starts.stream().limit(KEPT).forEach(at -> millis.add(at.toEpochMilli()));
            return millis;
        }

        /** Null when it was made before {@code oldest}. */
        static @Nullable OfLane parse(String text, Instant oldest) {
            var json = new JsonArray(text);
            return json.getLong(0) < oldest.toEpochMilli()
                    ? null
                    : new OfLane(
                            instants(json.getJsonArray(1)),
                            instants(json.getJsonArray(2)),
                            instants(json.getJsonArray(3)));
        }

        private static List<Instant> instants(JsonArray millis) {
            var instants = new ArrayList<Instant>(millis.size());
            millis.forEach(at -> instants.add(Instant.ofEpochMilli(((Number) at).longValue())));
            return instants;
        }
    }
}
