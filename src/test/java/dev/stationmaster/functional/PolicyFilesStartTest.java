package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stationmaster.platform.config.SettingsException;
import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that starts with policy files of its own. */
class PolicyFilesStartTest {
    @TempDir
    Path folder;

    private Map<String, String> settings() {
        return Map.of("policies.folder", folder.toString());
    }

    @Test
    void the_first_request_already_meets_them() throws IOException {
        Files.writeString(
                folder.resolve("slow.yaml"), "name: slow\nmessage: Not so important.\nexpression: job.priority < 9\n");
        try (TestServer server = TestServer.start(settings())) {
            Api admin = server.admin();
            long agent = admin.shell("true");
            var job = new JsonObject().put("agent_id", agent).put("name", "x").put("priority", 9);
            JsonObject problem =
                    admin.post("/jobs", job).problem(422, "policy_violation").json();
            assertThat(problem.getString("detail")).contains("slow: Not so important.");
            assertThat(admin.items("/policies").getJsonObject(0).getString("created_by"))
                    .isEqualTo("system");
        }
    }

    @Test
    void bad_files_are_problems_of_the_settings_like_all_others() throws IOException {
        Path bad = Files.writeString(
                folder.resolve("bad.yaml"), "name: bad\nmessage: m\nexpression: job.prio < 9\nmode: loud\n");
        assertThatThrownBy(() ->
                        TestServer.start(Map.of("policies.folder", folder.toString(), "server.event_loops", "many")))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("server.event_loops")
                .hasMessageContaining(bad + ":4: mode is enforce, warn or audit");
        Files.writeString(bad, "name: bad\nmessage: m\nexpression: job.prio < 9\n");
        assertThatThrownBy(() -> TestServer.start(settings()))
                .hasMessageContaining(bad + ":3: expression 1:4 undefined field 'prio'");
        assertThatThrownBy(() -> TestServer.start(
                        Map.of("policies.folder", folder.resolve("none").toString())))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("policies.folder: ");
    }
}
