package dev.stationmaster.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs the example agents as the process runner does: their command, their folder, the job contract in the environment. */
@Timeout(120)
class ExamplesTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path EXAMPLES = Path.of("conf", "examples");

    private static final String DIGITS = """
            {"job_id":"0","agent_id":1,"name":"a \\"quoted\\" {name","hyperparameters":{"epochs":5,"augment":10,"nested":{"x":1}},
             "training_config":{"validation_split":0.25},"resources":{"cpu":"2"}}
            """;
    private static final String CAMPAIGN = """
            {"hyperparameters":{"days":8,"draws":20000,"seed":3},"training_config":{},"resources":{}}
            """;

    @TempDir
    Path dir;

    @Test
    @DisplayName("the bodies of both examples fit the contract")
    void bodiesFitTheContract() throws IOException {
        for (String example : List.of("digits", "campaign")) {
            validate("AgentCreate", EXAMPLES.resolve(example).resolve("agent.json"));
            validate("JobCreate", EXAMPLES.resolve(example).resolve("job.json"));
        }
    }

    private static void validate(String schema, Path body) throws IOException {
        JsonNode contract = new YAMLMapper().readTree(new File("src/main/resources/openapi/openapi.yaml"));
        JsonObject root = new JsonObject()
                .put("$ref", "#/components/schemas/" + schema)
                .put("components", new JsonObject(contract.get("components").toString()));
        JsonSchemaOptions options =
                new JsonSchemaOptions().setDraft(Draft.DRAFT202012).setBaseUri("app://test");
        OutputUnit result =
                Validator.create(JsonSchema.of(root), options).validate(new JsonObject(Files.readString(body)));
        assertThat(result.getValid()).as("%s: %s", body, result.getErrors()).isTrue();
    }

    @Test
    @DisplayName("digits: one metric line per epoch, at least 95 % of the held-out images, artifacts at the end")
    void digitsTrains() throws Exception {
        Run run = run("digits", DIGITS, dir);

        assertThat(run.exit()).as(run.text()).isZero();
        assertThat(run.steps()).containsExactly(1, 2, 3, 4, 5);
        JsonNode last = run.metrics().get(4);
        assertThat(last.get("total_steps").asInt()).isEqualTo(5);
        assertThat(last.at("/metrics/test_accuracy").asDouble()).isGreaterThanOrEqualTo(0.95);
        assertThat(last.at("/metrics/loss").asDouble())
                .isLessThan(run.metrics().get(0).at("/metrics/loss").asDouble());
        assertThat(run.text()).contains("1348 training images, 449 held out");
        assertThat(dir.resolve("artifacts")).isDirectoryContaining("glob:**model.json");
        assertThat(Files.readAllLines(dir.resolve("artifacts/confusion.csv"))).hasSize(11);
        JsonNode report = JSON.readTree(dir.resolve("artifacts/report.json").toFile());
        assertThat(report.get("test_accuracy").asDouble())
                .isEqualTo(last.at("/metrics/test_accuracy").asDouble());
        assertThat(dir.resolve("checkpoints")).isDirectoryNotContaining("glob:**.tmp");
    }

    @Test
    @DisplayName(
            "digits: SIGTERM saves the epoch and exits with 143; the next attempt goes on and ends with the same model")
    void digitsResumes() throws Exception {
        checkResume("digits", DIGITS.replace("5,", "12,"), "model.json", 143, ProcessHandle::destroy);
    }

    @Test
    @DisplayName("digits: a wrong hyperparameter is named and exits with 2")
    void digitsRefuses() throws Exception {
        Run run = run("digits", "{\"hyperparameters\":{\"epochs\":0}}", dir);

        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.text()).contains("epochs must be from");
    }

    @Test
    @DisplayName("campaign: says that it is simulated, and the budget moves to the best campaign")
    void campaignRuns() throws Exception {
        Run run = run("campaign", CAMPAIGN.replace("\"days\":8", "\"days\":40"), dir);

        assertThat(run.exit()).as(run.text()).isZero();
        assertThat(run.text()).contains("SIMULATED");
        assertThat(run.metrics()).hasSize(40);
        JsonNode last = run.metrics().get(39).get("metrics");
        assertThat(last.get("spend_simulated").asDouble()).isEqualTo(40_000);
        assertThat(last.get("best_arm_share").asDouble())
                .isGreaterThan(
                        run.metrics().get(0).at("/metrics/best_arm_share").asDouble());
        Run even = run(
                "campaign",
                CAMPAIGN.replace("\"days\":8", "\"days\":40,\"policy\":\"even\""),
                Files.createDirectory(dir.resolve("even")));
        assertThat(last.get("regret").asDouble())
                .isLessThan(even.metrics().get(39).at("/metrics/regret").asDouble());
    }

    @Test
    @DisplayName("campaign: a killed attempt is resumed at the next day with the same end")
    void campaignResumes() throws Exception {
        String spec = CAMPAIGN.replace("\"days\":8,\"draws\":20000", "\"days\":40,\"draws\":200000");
        checkResume("campaign", spec, "allocation.csv", 137, ProcessHandle::destroyForcibly);
    }

    /** Stops the first attempt after its second metric line, runs another, and compares with an undisturbed run. */
    private void checkResume(String example, String spec, String artifact, int exit, Consumer<ProcessHandle> stop)
            throws Exception {
        Path disturbed = Files.createDirectory(dir.resolve("disturbed"));
        Path calm = Files.createDirectory(dir.resolve("calm"));

        Run first = finish(start(example, spec, disturbed), 2, stop);
        Run second = run(example, spec, disturbed);
        Run whole = run(example, spec, calm);

        assertThat(first.exit()).as(first.text()).isEqualTo(exit);
        int reached = first.steps().get(first.steps().size() - 1);
        assertThat(second.exit()).as(second.text()).isZero();
        assertThat(second.text()).contains("Resuming after");
        // A kill between the metric line and the checkpoint repeats that one step.
        assertThat(second.steps().get(0)).isBetween(reached, reached + 1);
        assertThat(second.metrics())
                .containsExactlyElementsOf(
                        tail(whole.metrics(), second.metrics().size()));
        assertThat(disturbed.resolve("artifacts").resolve(artifact))
                .hasSameTextualContentAs(calm.resolve("artifacts").resolve(artifact));
    }

    private static <T> List<T> tail(List<T> all, int count) {
        return all.subList(all.size() - count, all.size());
    }

    private static Run run(String example, String spec, Path job) throws Exception {
        return finish(start(example, spec, job), Integer.MAX_VALUE, process -> {});
    }

    private static Process start(String example, String spec, Path job) throws IOException {
        JsonNode agent =
                JSON.readTree(EXAMPLES.resolve(example).resolve("agent.json").toFile());
        List<String> command = new ArrayList<>();
        agent.get("command").forEach(word -> command.add(word.asText()));
        assertThat(command.get(0)).isEqualTo("java");
        command.set(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(EXAMPLES.resolve(example).toFile())
                .redirectErrorStream(true);
        Path specFile = Files.writeString(job.resolve("spec.json"), spec);
        builder.environment().put("STATIONMASTER_JOB_ID", "0");
        builder.environment().put("STATIONMASTER_ATTEMPT", "1");
        builder.environment()
                .put("STATIONMASTER_SPEC", specFile.toAbsolutePath().toString());
        builder.environment()
                .put("STATIONMASTER_CHECKPOINT_DIR", job.resolve("checkpoints").toString());
        builder.environment()
                .put("STATIONMASTER_ARTIFACT_DIR", job.resolve("artifacts").toString());
        return builder.start();
    }

    /** Reads to the end; after so many metric lines the process is stopped. */
    private static Run finish(Process process, int stopAfter, Consumer<ProcessHandle> stop) throws Exception {
        List<String> lines = new ArrayList<>();
        List<JsonNode> metrics = new ArrayList<>();
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
                if (line.startsWith("{")) {
                    metrics.add(JSON.readTree(line));
                    if (metrics.size() == stopAfter) {
                        stop.accept(process.toHandle()); // Process.destroy would close the pipe as well;
                    }
                }
            }
        } finally {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
        return new Run(process.exitValue(), List.copyOf(metrics), String.join("\n", lines));
    }

    private record Run(int exit, List<JsonNode> metrics, String text) {
        List<Integer> steps() {
            return metrics.stream().map(metric -> metric.get("step").asInt()).toList();
        }
    }
}
