package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Odd names of files, all the way through the API and back. */
class FileNamesTest {
    private static Api api;
    private static String job;

    @BeforeAll
    static void start() {
        api = TestServer.shared().admin();
        job = api.submit(api.shell("true"));
        api.awaitEnd(job);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a+b %c.txt",
                "100%25.txt",
                "%2e%2e",
                "deep/er/file name",
                "größe-模型 😀.bin",
                "a&b=c?d#e;f",
                "quote\"'`.txt",
                "back\\slash",
                "...",
                " lead",
                "+",
                "%"
            })
    void survive_storing_listing_reading_and_deleting(String name) {
        String path = "/jobs/" + job + "/checkpoints/"
                + URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
        JsonObject stored = put(path, "text of " + name).is(200).json();
        assertThat(stored.getString("name")).isEqualTo(name);
        assertThat(api.items("/jobs/" + job + "/checkpoints").stream())
                .extracting(f -> ((JsonObject) f).getString("name"))
                .containsExactly(name);
        assertThat(api.get(path).is(200).text()).isEqualTo("text of " + name);
        api.delete(path).is(204);
        api.delete(path).problem(404, "not_found");
        assertThat(api.items("/jobs/" + job + "/checkpoints")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../x", "a/../../../x", "/etc/passwd", "1/2/3/4/5/6/7/8/9", "nul\0l"})
    void that_leave_the_folder_are_refused(String name) {
        String path = "/jobs/" + job + "/checkpoints/"
                + URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
        // dots alone are another path, for the router as for every client
        assertThat(put(path, "x").status()).isIn(400, 404);
        api.get(path).problem(404, "not_found");
        api.delete(path).problem(404, "not_found");
        assertThat(api.items("/jobs/" + job + "/checkpoints")).isEmpty();
    }

    private static Api.Answer put(String path, String text) {
        return api.send("PUT", path, text, "Content-Type", "application/octet-stream");
    }
}
