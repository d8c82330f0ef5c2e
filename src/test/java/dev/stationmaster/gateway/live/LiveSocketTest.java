package dev.stationmaster.gateway.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.agents.AgentMessages.AgentChanged;
import dev.stationmaster.experiments.ExperimentMessages.ExperimentChanged;
import dev.stationmaster.experiments.ExperimentMessages.ExperimentProgress;
import dev.stationmaster.jobs.JobMessages.JobChanged;
import dev.stationmaster.jobs.JobMessages.JobLog;
import dev.stationmaster.jobs.JobMessages.JobMetric;
import dev.stationmaster.jobs.JobMessages.JobUsage;
import dev.stationmaster.jobs.JobMessages.LiveEvent;
import dev.stationmaster.jobs.JobMessages.QueueChanged;
import dev.stationmaster.platform.bus.LazyJson;
import dev.stationmaster.platform.web.ApiException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LiveSocketTest {
    private static final UUID JOB = LiveKit.JOB;
    private static final String JOB_TOPIC = "job:" + JOB;
    private static final OffsetDateTime AT = OffsetDateTime.parse("2026-11-20T12:00:00Z");

    private final LiveKit kit = LiveKit.start();

    @AfterEach
    void close() {
        kit.close();
    }

    private void jobChanged(String state) {
        kit.bus.publish(new JobChanged(JOB, 7, state, LazyJson.of("{\"state\":\"" + state + "\"}")));
    }

    @Test
    void snapshotThenChanges() {
        Watcher watcher = kit.connect("/ws");
        watcher.send(LiveKit.subscribe("jobs"));
        assertThat(watcher.take("snapshot"))
                .isEqualTo(new JsonObject("{\"type\":\"snapshot\",\"topic\":\"jobs\",\"data\":{\"of\":\"jobs\"}}"));
        jobChanged("running");
        assertThat(watcher.take()).isEqualTo(new JsonObject("{\"type\":\"job\",\"job\":{\"state\":\"running\"}}"));
    }

    @Test
    void anAgentsSocketWatchesItFromTheStart() {
        Watcher watcher = kit.connect("/ws/7");
        assertThat(watcher.take("snapshot").getString("topic")).isEqualTo("agent:7");
        kit.bus.publish(new AgentChanged(8));
        kit.bus.publish(new AgentChanged(7));
        assertThat(watcher.take("agent").getLong("agent_id")).isEqualTo(7);
    }

    @Test
    void everyKindOfFrame() {
        Watcher watcher = kit.connect("/ws").watch(JOB_TOPIC, "queue", "events", "agents");
        kit.bus.publish(new JobMetric(JOB, 7, 2, 10L, null, "{\"loss\":0.5}", AT));
        assertThat(watcher.take())
                .isEqualTo(new JsonObject("{\"type\":\"metric\",\"job_id\":\"" + JOB
                        + "\",\"agent_id\":7,\"attempt\":2,\"step\":10,\"total_steps\":null,\"metrics\":{\"loss\":0.5},"
                        + "\"at\":\"2026-11-20T12:00:00Z\"}"));
        kit.bus.publish(new JobLog(JOB, 7, 2, 99, List.of("a \"quoted\" line", "grüße")));
        assertThat(watcher.take())
                .isEqualTo(
                        new JsonObject(
                                "{\"type\":\"log\",\"job_id\":\"" + JOB
                                        + "\",\"agent_id\":7,\"attempt\":2,\"offset\":99,\"lines\":[\"a \\\"quoted\\\" line\",\"grüße\"]}"));
        kit.bus.publish(new JobUsage(JOB, 7, null, 5L, AT));
        assertThat(watcher.take())
                .isEqualTo(new JsonObject("{\"type\":\"usage\",\"job_id\":\"" + JOB
                        + "\",\"agent_id\":7,\"cpu_cores\":null,\"memory_bytes\":5,\"at\":\"2026-11-20T12:00:00Z\"}"));
        kit.bus.publish(new LiveEvent(AT, "job.started", JOB, null, "It runs"));
        assertThat(watcher.take())
                .isEqualTo(new JsonObject("{\"type\":\"event\",\"at\":\"2026-11-20T12:00:00Z\","
                        + "\"kind\":\"job.started\",\"job_id\":\"" + JOB
                        + "\",\"agent_id\":null,\"message\":\"It runs\"}"));
        kit.bus.publish(new QueueChanged(1, 2, 3));
        assertThat(watcher.take())
                .isEqualTo(new JsonObject("{\"type\":\"queue\",\"queued\":1,\"running\":2,\"retry_wait\":3}"));
        kit.bus.publish(new AgentChanged(9));
        assertThat(watcher.take()).isEqualTo(new JsonObject("{\"type\":\"agent\",\"agent_id\":9}"));
    }

    @Test
    void experimentsBeginWithASnapshotOfTheirOwnFeature() {
        UUID id = new UUID(1, 2);
        Watcher watcher = kit.connect("/ws");
        watcher.send(LiveKit.subscribe("experiments"));
        assertThat(watcher.take("snapshot"))
                .isEqualTo(
                        new JsonObject("{\"type\":\"snapshot\",\"topic\":\"experiments\",\"data\":{\"of\":\"all\"}}"));
        watcher.send(LiveKit.subscribe("experiment:" + id));
        assertThat(watcher.take("snapshot").getJsonObject("data").getString("of"))
                .isEqualTo(id.toString());
        kit.bus.publish(new ExperimentChanged(id, "running", LazyJson.of("{\"state\":\"running\"}")));
        assertThat(watcher.take())
                .isEqualTo(new JsonObject("{\"type\":\"experiment\",\"experiment\":{\"state\":\"running\"}}"));
        kit.bus.publish(new ExperimentProgress(id, LazyJson.of("{\"cost\":1}")));
        assertThat(watcher.take())
                .isEqualTo(new JsonObject("{\"type\":\"experiment_progress\",\"experiment_id\":\"" + id
                        + "\",\"progress\":{\"cost\":1}}"));
        watcher.takeNothing();
    }

    @Test
    void oneExperimentsWatcherIsToldOfNoOther() {
        Watcher watcher = kit.connect("/ws").watch("experiment:" + new UUID(1, 2));
        kit.bus.publish(new ExperimentChanged(new UUID(1, 3), "running", LazyJson.of("{}")));
        kit.bus.publish(new ExperimentProgress(new UUID(1, 3), LazyJson.of("{}")));
        watcher.takeNothing();
        kit.snapshots = id -> Future.failedFuture(ApiException.notFound("experiment", id));
        watcher.send(LiveKit.subscribe("experiment:" + new UUID(1, 4)));
        watcher.takeError("not_found");
    }

    @Test
    void usageIsNotForTheListOfJobs() {
        Watcher watcher = kit.connect("/ws").watch("jobs");
        kit.bus.publish(new JobUsage(JOB, 7, 1.5, 5L, AT));
        watcher.takeNothing();
    }

    @Test
    void twoMatchingTopicsOneFrame() {
        Watcher watcher = kit.connect("/ws").watch("jobs", JOB_TOPIC, "agent:7");
        jobChanged("running");
        watcher.take("job");
        kit.flushed();
        watcher.takeNothing();
    }

    @Test
    void changesDuringTheSnapshotFollowIt() throws InterruptedException {
        Promise<String> slow = Promise.promise();
        var asked = new CountDownLatch(1);
        kit.snapshots = topic -> {
            asked.countDown();
            return topic.equals("jobs") ? slow.future() : Future.succeededFuture("{}");
        };
        Watcher watcher = kit.connect("/ws").watch("agent:7");
        watcher.send(LiveKit.subscribe("jobs"));
        watcher.takeNothing();
        assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
        jobChanged("running");
        kit.bus.publish(new JobLog(JOB, 7, 1, 0, List.of("is of no concern to the awaited topic")));
        watcher.take("log");
        jobChanged("succeeded");
        kit.taken();
        slow.complete("{\"items\":[]}");
        assertThat(watcher.take("snapshot").getString("topic")).isEqualTo("jobs");
        assertThat(watcher.take("job").getJsonObject("job").getString("state")).isEqualTo("succeeded");
        jobChanged("deleted");
        assertThat(watcher.take("job").getJsonObject("job").getString("state")).isEqualTo("deleted");
    }

    @Test
    void subscribingAgainSendsANewSnapshot() {
        Watcher watcher = kit.connect("/ws").watch("queue").watch("queue");
        kit.bus.publish(new QueueChanged(1, 2, 3));
        watcher.take("queue");
        watcher.takeNothing();
    }

    @Test
    void unsubscribed() {
        Watcher watcher = kit.connect("/ws").watch("jobs", "queue");
        watcher.send(new JsonObject().put("op", "unsubscribe").put("topics", new JsonArray().add("jobs")));
        watcher.takeNothing();
        jobChanged("running");
        kit.bus.publish(new QueueChanged(1, 2, 3));
        watcher.take("queue");
    }

    @Test
    void aSnapshotThatFailsIsAnErrorAndEndsTheTopic() {
        kit.snapshots = topic -> Future.failedFuture(
                topic.equals("jobs") ? new IllegalStateException("broken") : ApiException.notFound("agent", 99));
        Watcher watcher = kit.connect("/ws/99");
        assertThat(watcher.takeError("not_found").getString("topic")).isEqualTo("agent:99");
        watcher.send(LiveKit.subscribe("jobs"));
        watcher.takeError("unavailable");
        jobChanged("running");
        watcher.takeNothing();
    }

    @Test
    void badCommands() {
        Watcher watcher = kit.connect("/ws");
        watcher.socket().writeTextMessage("no json").onFailure(Throwable::printStackTrace);
        watcher.takeError("bad_request");
        watcher.socket().writeTextMessage("[1]").onFailure(Throwable::printStackTrace);
        watcher.takeError("bad_request");
        watcher.socket().writeTextMessage("null").onFailure(Throwable::printStackTrace);
        watcher.takeError("bad_request");
        watcher.send(new JsonObject().put("op", "unsubscribe").putNull("topics"));
        watcher.takeError("bad_request");
        watcher.send(new JsonObject().put("op", "delete"));
        watcher.takeError("bad_request");
        watcher.send(new JsonObject().put("op", "subscribe").put("topics", "jobs"));
        watcher.takeError("bad_request");
        watcher.send(LiveKit.subscribe());
        watcher.takeError("bad_request");
        watcher.send(LiveKit.subscribe("job:1", "agent:0", "agent:x", "secrets", "experiment:1", "queue"));
        for (int i = 0; i < 5; i++) {
            watcher.takeError("bad_topic");
        }
        assertThat(watcher.take("snapshot").getString("topic")).isEqualTo("queue");
    }

    @Test
    void atMostAHundredTopics() {
        Watcher watcher = kit.connect("/ws/7");
        watcher.take("snapshot");
        watcher.send(LiveKit.subscribe(
                IntStream.rangeClosed(101, 200).mapToObj(i -> "agent:" + i).toArray(String[]::new)));
        assertThat(watcher.takeError("too_many_topics").getString("topic")).isEqualTo("agent:200");
        for (int i = 0; i < 99; i++) {
            watcher.take("snapshot");
        }
        watcher.takeNothing();
    }

    @Test
    void anAgentMayWatchItselfAndItsJobsOnly() {
        Watcher watcher = kit.connect("/ws/7", "agent7");
        watcher.take("snapshot");
        watcher.send(LiveKit.subscribe(
                "jobs", "agents", "queue", "events", "agent:8", "experiments", "experiment:" + new UUID(1, 2)));
        for (int i = 0; i < 7; i++) {
            watcher.takeError("forbidden");
        }
        watcher.watch(JOB_TOPIC);
        watcher.send(LiveKit.subscribe("job:" + LiveKit.OTHER_JOB));
        watcher.takeError("forbidden");
        watcher.send(LiveKit.subscribe("job:" + new UUID(0, 5)));
        watcher.takeError("forbidden");
        kit.bus.publish(new JobChanged(LiveKit.OTHER_JOB, 8, "running", LazyJson.of("{}")));
        kit.bus.publish(new QueueChanged(1, 1, 1));
        jobChanged("running");
        watcher.take("job");
        watcher.takeNothing();
    }

    @Test
    void manyFramesInOneBurstComeInOrder() {
        Watcher watcher = kit.connect("/ws").watch("events");
        for (int i = 0; i < 500; i++) {
            kit.bus.publish(new LiveEvent(AT, "n", null, null, "line " + i + " " + "x".repeat(i)));
        }
        List<String> lines = IntStream.range(0, 500)
                .mapToObj(i -> watcher.take("event").getString("message").replaceAll(" x*$", ""))
                .collect(Collectors.toList());
        assertThat(lines)
                .isEqualTo(IntStream.range(0, 500).mapToObj(i -> "line " + i).toList());
    }
}
