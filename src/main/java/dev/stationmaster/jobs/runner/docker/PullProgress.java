package dev.stationmaster.jobs.runner.docker;

import com.github.dockerjava.api.model.PullResponseItem;
import com.github.dockerjava.api.model.ResponseItem;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Sums up the progress of an image's layers, and says something only when a tenth more is there. Not thread-safe. */
final class PullProgress {
    private static final int STEP_PERCENT = 10;

    private final Map<String, long[]> layers = new HashMap<>();
    private int told = -1;

    /** A line for people, now and then. */
    Optional<String> line(String image, PullResponseItem item) {
        ResponseItem.ProgressDetail detail = item.getProgressDetail();
        String layer = item.getId();
        Long current = detail == null ? null : detail.getCurrent();
        Long total = detail == null ? null : detail.getTotal();
        if (layer == null || current == null || total == null || total <= 0) {
            return Optional.empty();
        }
        layers.put(layer, new long[] {Math.min(current, total), total});
        long there = layers.values().stream().mapToLong(l -> l[0]).sum();
        long all = layers.values().stream().mapToLong(l -> l[1]).sum();
        int percent = (int) (100 * there / all) / STEP_PERCENT * STEP_PERCENT;
        if (percent <= told) { // another layer was announced
            return Optional.empty();
        }
        told = percent;
        return Optional.of("[docker] pulling " + image + ": " + percent + " % of " + (all >> 20) + " MiB");
    }
}
