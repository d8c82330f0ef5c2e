package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.Receiver;
import dev.stationmaster.testing.ServerProcess;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A server that is killed between a change and its delivery sends it after its restart. */
class KilledWebhooksTest {
    private static final int JOBS = 40;
    private static final Map<String, String> LOCAL = Map.of(
            "STATIONMASTER_WEBHOOKS_ALLOW_HTTP", "true",
            "STATIONMASTER_WEBHOOKS_ALLOW_PRIVATE_ADDRESSES", "true",
            "STATIONMASTER_WEBHOOKS_RETRY_FIRST_SECONDS", "0.2",
            "STATIONMASTER_WEBHOOKS_RETRY_MAX_SECONDS", "0.5",
            "STATIONMASTER_WEBHOOKS_MAX_TRIES", "100");

    private final Path dataDir = TestServer.tempDir();

    @AfterEach
    void clean() {
        TestServer.deleteTree(dataDir);
    }

    @Test
    void none_is_lost_whether_it_was_tried_or_not() {
        try (var receiver = new Receiver()) {
            receiver.answers(call -> 503);
            Set<String> jobs = new HashSet<>();
            String secret;
            try (ServerProcess first = ServerProcess.start(dataDir, LOCAL)) {
                Api api = first.admin();
                secret = api.post(
                                "/webhooks",
                                new JsonObject()
                                        .put("name", "all")
                                        .put("url", receiver.url("/all"))
                                        .put("events", new JsonArray(List.of("queued"))))
                        .is(201)
                        .json()
                        .getString("secret");
                long agent = api.shell("true");
                jobs.add(api.submit(agent));
                Awaitility.await().until(() -> !receiver.at("/all").isEmpty()); // tried in vain
                for (int i = 1; i < JOBS; i++) {
                    jobs.add(api.submit(agent));
                }
                first.kill();
                assertThat(first.log()).doesNotContain(secret);
            }
            receiver.answers(call -> 200);
            int before = receiver.at("/all").size();
            try (ServerProcess second = ServerProcess.start(dataDir, LOCAL)) {
                Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                    var after = receiver.at("/all")
                            .subList(before, receiver.at("/all").size());
                    assertThat(new HashSet<>(
                                    after.stream().map(Receiver.Call::job).toList()))
                            .containsAll(jobs);
                });
                assertThat(receiver.at("/all")).allMatch(call -> call.signedWith(secret));
                assertThat(second.log()).doesNotContain(secret);
            }
        }
    }
}
