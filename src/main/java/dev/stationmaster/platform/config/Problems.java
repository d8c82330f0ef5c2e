package dev.stationmaster.platform.config;

import java.util.ArrayList;
import java.util.List;

/** Gathers every problem of the settings, so that one restart mends them all. Not thread-safe; used while starting. */
public final class Problems {
    private final List<String> found = new ArrayList<>();

    public void add(String key, String problem) {
        found.add(key + ": " + problem);
    }

    public List<String> list() {
        return List.copyOf(found);
    }

    /** Throws {@link SettingsException} with all problems, if there are any. */
    public void throwIfAny() {
        if (!found.isEmpty()) {
            throw new SettingsException(list());
        }
    }
}
