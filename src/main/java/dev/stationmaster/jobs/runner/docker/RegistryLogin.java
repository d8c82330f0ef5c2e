package dev.stationmaster.jobs.runner.docker;

import com.github.dockerjava.api.model.AuthConfig;
import dev.stationmaster.jobs.runner.Launch;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who pulls the image: the agent's secrets {@code REGISTRY_USERNAME} and {@code REGISTRY_PASSWORD}, which the program does
 * not get to see.
 */
final class RegistryLogin {
    private static final String USERNAME = "REGISTRY_USERNAME";
    private static final String PASSWORD = "REGISTRY_PASSWORD";

    private RegistryLogin() {}

    /** Null where the agent has none. */
    static @Nullable AuthConfig of(Launch launch) {
        String username = launch.env().get(USERNAME);
        String password = launch.env().get(PASSWORD);
        return username == null || password == null
                ? null
                : new AuthConfig().withUsername(username).withPassword(password);
    }

    static Map<String, String> without(Map<String, String> env) {
        Map<String, String> left = new HashMap<>(env);
        left.remove(USERNAME);
        left.remove(PASSWORD);
        return left;
    }
}
