package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** GPUs are given to jobs, not only counted. */
class GpuJobsTest {
    private static JsonObject needs(String gpus) {
        return new JsonObject()
                .put(
                        "resource_requirements",
                        new JsonObject().put("cpu", "100m").put("memory", "8Mi").put("gpu", gpus));
    }

    private static String devices(Api api, String job) {
        Awaitility.await().until(() -> api.log(job).contains("sees "));
        return api.log(job).strip();
    }

    @Test
    void each_job_sees_its_own_gpus_and_who_asked_for_none_sees_none() {
        try (TestServer server = TestServer.start(Map.of("runners.process_gpus", "3"))) {
            Api api = server.user("developer");
            String script = "echo \"sees <$CUDA_VISIBLE_DEVICES>\"; exec sleep 600";
            String one = api.submit(api.agent(needs("1"), "/bin/sh", "-c", script));
            assertThat(devices(api, one)).isEqualTo("sees <0>");
            String gang =
                    api.submit(api.agent(needs("1"), "/bin/sh", "-c", script), new JsonObject().put("replicas", 2));
            // the default quota is 2 GPUs: the gang waits for the first job, and gets what it leaves
            assertThat(api.awaitState(gang, "queued").getString("state")).isEqualTo("queued");
            assertThat(devices(api, api.submit(api.agent(needs("0"), "/bin/sh", "-c", script))))
                    .isEqualTo("sees <>");
            api.post("/jobs/" + one + "/cancel").is(202);
            api.awaitState(gang, "running");
            Awaitility.await().untilAsserted(() -> assertThat(
                            api.log(gang).lines().map(line -> line.substring(line.indexOf("sees"))))
                    .hasSize(2)
                    .doesNotHaveDuplicates());
            assertThat(api.log(gang)).contains("[0] sees <", "[1] sees <");
        }
    }
}
