package dev.stationmaster.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.agents.AgentMessages;
import dev.stationmaster.agents.AgentMessages.AgentFound;
import dev.stationmaster.agents.AgentMessages.AgentSpec;
import dev.stationmaster.jobs.JobsSettings.ImageAgents;
import dev.stationmaster.jobs.runner.LaunchException;
import dev.stationmaster.testing.TestStores;
import io.vertx.core.Future;
import io.vertx.core.eventbus.MessageConsumer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class LaunchPreparerTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    private static final AgentSpec AGENT = new AgentSpec(
            7,
            "a",
            "research",
            new UUID(0, 1),
            "1",
            null,
            "{}",
            null,
            null,
            0,
            0,
            "process",
            List.of("x"),
            null,
            Map.of(),
            "ann",
            Map.of(),
            null);

    private final List<MessageConsumer<?>> answers = new java.util.ArrayList<>();

    @TempDir
    Path folder;

    private Throwable refused(AgentSpec agent) {
        answers.add(STORES.bus()
                .answer(AgentMessages.FindAgentVersion.class, q -> Future.succeededFuture(new AgentFound(agent))));
        answers.add(STORES.bus()
                .answer(
                        AgentMessages.FindSecrets.class,
                        q -> Future.succeededFuture(new AgentMessages.SecretsFound(Map.of()))));
        var second = Duration.ofSeconds(1);
        var settings = new JobsSettings(
                folder,
                1,
                1,
                1,
                1,
                second,
                1,
                second,
                second,
                second,
                second,
                second,
                1_024,
                1_000,
                1,
                second,
                second,
                ImageAgents.REFUSE,
                new SchedulingSettings(
                        new dev.stationmaster.jobs.scheduler.Snapshot.Rules(
                                Duration.ofHours(1), Duration.ofMinutes(5), 256, false),
                        Duration.ofDays(1),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(1)));
        var preparer = new LaunchPreparer(STORES.vertx(), STORES.bus(), null, settings, "http://localhost");
        return TestStores.failure(preparer.prepare(JobSamples.job().build()));
    }

    @AfterEach
    void silence() {
        answers.forEach(answer -> TestStores.await(answer.unregister()));
    }

    @Test
    void a_folder_that_can_not_be_written_is_a_clear_reason() throws IOException {
        Files.writeString(folder.resolve("jobs"), "a file where a folder should be");
        assertThat(refused(AGENT))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("data folder can't be written")
                .hasMessageNotContaining(folder.toString());
    }

    @Test
    void so_is_an_agent_that_was_deleted() {
        assertThat(refused(null)).isInstanceOf(LaunchException.class).hasMessageContaining("deleted");
    }
}
