package dev.stationmaster.policies;

import dev.stationmaster.platform.config.SettingsReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Settings of policies, with what the policy files say.
 *
 * @param folderExists whether there is a folder at all; without one, stored policies of files stay as they are
 * @param retention how long history is kept
 */
public record PoliciesSettings(boolean folderExists, List<PolicyFile> files, Duration retention) {
    private static final String FOLDER = "policies.folder";
    private static final String DEFAULT_FOLDER = "conf/policies";

    public PoliciesSettings {
        files = List.copyOf(files);
    }

    /** Blocking: reads the files. Each bad one is a problem of the settings, with its line. */
    public static PoliciesSettings read(SettingsReader r) {
        Path folder = r.path(FOLDER);
        boolean exists = Files.isDirectory(folder);
        if (!exists && !folder.equals(Path.of(DEFAULT_FOLDER))) {
            r.problems().add(FOLDER, folder + " is no folder; make it or leave this setting out");
        }
        return new PoliciesSettings(
                exists,
                exists ? PolicyFiles.read(folder, r.problems()) : List.of(),
                Duration.ofDays(r.integer("policies.violations_retention_days", 1, 36_500)));
    }
}
