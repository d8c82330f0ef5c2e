package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.FakeSmi;
import dev.stationmaster.testing.TestServer;
import dev.stationmaster.testing.WorkerProcess;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A GPU that becomes faulty is given to nobody until it is well again. */
class GpuFaultsTest {
    @TempDir
    Path folder;

    private static JsonObject runner(Api api, String name) {
        JsonArray items = api.items("/runners");
        for (int i = 0; i < items.size(); i++) {
            if (items.getJsonObject(i).getString("name").equals(name)) {
                return items.getJsonObject(i);
            }
        }
        return new JsonObject().put("capacity", new JsonObject());
    }

    private static void awaitCapacity(Api api, String runner, String gpus) {
        Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(
                        runner(api, runner).getJsonObject("capacity").getString("gpu"))
                .isEqualTo(gpus));
    }

    private static JsonObject needs(int gpus) {
        return new JsonObject()
                .put(
                        "resource_requirements",
                        new JsonObject().put("cpu", "100m").put("memory", "8Mi").put("gpu", Integer.toString(gpus)));
    }

    private static String seen(Api api, String job) {
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> api.log(job)
                .contains("sees "));
        return api.log(job).strip();
    }

    @Test
    void a_faulty_gpu_gets_nothing_more_and_what_runs_there_goes_on() {
        var smi = new FakeSmi(folder).gpus(0, 0);
        try (TestServer server = TestServer.start(Map.of(
                "runners.process_gpus", "",
                "runners.nvidia_smi", smi.program(),
                "runners.gpu_check_seconds", "0.2",
                "quotas.gpu", "8"))) {
            Api api = server.user("developer");
            String script = "echo \"sees <$CUDA_VISIBLE_DEVICES>\"; exec sleep 600";
            long one = api.agent(needs(1), "/bin/sh", "-c", script);
            String first = api.submit(one);
            assertThat(seen(api, first)).isEqualTo("sees <GPU-0>");
            smi.gpus(7, 0);
            awaitCapacity(api, "process", "1");
            assertThat(runner(api, "process").getJsonArray("gpus"))
                    .isEqualTo(new JsonArray()
                            .add(gpu("GPU-0")
                                    .put("state", "out_of_service")
                                    .put("reason", "7 uncorrectable memory errors since its last reset")
                                    .put("job", first))
                            .add(gpu("GPU-1").put("state", "free")));
            assertThat(api.awaitState(first, "running").getString("state")).isEqualTo("running");
            assertThat(server.admin().get("!/metrics").is(200).text())
                    .contains(
                            "stationmaster_gpu_out_of_service{gpu=\"GPU-0\"} 1.0",
                            "stationmaster_gpu_out_of_service{gpu=\"GPU-1\"} 0.0");
            String second = api.submit(one);
            api.post("/jobs/" + first + "/cancel").is(202);
            api.awaitState(first, "cancelled");
            assertThat(seen(api, second)).isEqualTo("sees <GPU-1>");
            String third = api.submit(one); // GPU-0 is free, but it is faulty
            assertThat(api.awaitState(third, "queued").getString("state")).isEqualTo("queued");
            smi.gpus(0, 0);
            awaitCapacity(api, "process", "2");
            assertThat(seen(api, third)).isEqualTo("sees <GPU-0>");
        }
    }

    private static JsonObject gpu(String id) {
        return new JsonObject().put("id", id).put("name", "NVIDIA Test 80GB").put("memory_bytes", 81559L << 20);
    }

    @Test
    void a_remote_worker_tells_of_its_faulty_gpu() {
        var smi = new FakeSmi(folder.resolve("smi")).gpus(0, 0);
        try (TestServer server = TestServer.start(Map.of("quotas.gpu", "8"))) {
            Api operator = server.user("operator");
            try (var box = WorkerProcess.start(
                            server.port(),
                            WorkerProcess.token(operator),
                            "gpu-box",
                            folder,
                            Map.of(
                                    "STATIONMASTER_RUNNERS_PROCESS_GPUS", "",
                                    "STATIONMASTER_RUNNERS_NVIDIA_SMI", smi.program(),
                                    "STATIONMASTER_RUNNERS_GPU_CHECK_SECONDS", "0.2"))
                    .awaitUp(operator, "gpu-box")) {
                assertThat(box.isAlive()).isTrue();
                awaitCapacity(operator, "worker", "2");
                Api api = server.user("developer");
                String job = api.submit(api.agent(
                        needs(1).put("runner", "worker"),
                        "/bin/sh",
                        "-c",
                        "echo \"sees <$CUDA_VISIBLE_DEVICES>\"; exec sleep 600"));
                assertThat(seen(api, job)).isEqualTo("sees <GPU-0>");
                smi.gpus(0, 1);
                awaitCapacity(operator, "worker", "1");
                Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(
                                operator.get("/workers/gpu-box").json().getJsonArray("gpus"))
                        .isEqualTo(new JsonArray()
                                .add(gpu("GPU-0").put("state", "used").put("job", job))
                                .add(gpu("GPU-1")
                                        .put("state", "out_of_service")
                                        .put("reason", "1 uncorrectable memory errors since its last reset"))));
                smi.gpus(0, 0);
                awaitCapacity(operator, "worker", "2");
            }
        }
    }
}
