package dev.stationmaster.platform.config;

import java.util.List;

/** The server can't start with these settings; the message lists every problem with its key. */
public final class SettingsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SettingsException(List<String> problems) {
        super("The settings have " + problems.size() + (problems.size() == 1 ? " problem" : " problems") + ":\n  - "
                + String.join("\n  - ", problems));
    }
}
