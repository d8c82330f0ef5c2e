package dev.stationmaster.gateway.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.jobs.JobMessages.JobChanged;
import dev.stationmaster.jobs.JobMessages.JobLog;
import dev.stationmaster.jobs.JobMessages.JobUsage;
import dev.stationmaster.platform.bus.LazyJson;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SlowReaderTest {
    private static final int LOGS = 400;
    private static final String LINE = "x".repeat(100_000); // 40 MB in all: more than the kernel takes
    private static final OffsetDateTime AT = OffsetDateTime.parse("2026-11-20T12:00:00Z");

    private final LiveKit kit = LiveKit.start();

    @AfterEach
    void close() {
        kit.close();
    }

    private void flood() {
        flood(kit);
    }

    private static void flood(LiveKit kit) {
        for (int i = 0; i < LOGS; i++) {
            kit.bus.publish(new JobLog(LiveKit.JOB, 7, 1, i, List.of(LINE)));
            kit.bus.publish(new JobUsage(LiveKit.JOB, 7, 1.0, (long) i, AT));
            kit.bus.publish(new JobChanged(LiveKit.JOB, 7, "running", LazyJson.of("{\"revision\":" + i + "}")));
        }
        kit.taken();
    }

    @Test
    void getsTheLatestOfEachKeyAndAGapForTheRest() {
        Watcher quick = kit.connect("/ws").watch("queue");
        Watcher slow = kit.connect("/ws").watch("job:" + LiveKit.JOB);
        slow.socket().pause();
        flood();
        quick.takeNothing(); // another socket is not held up
        slow.socket().resume();

        int logs = 0;
        int gap = 0;
        long usage = -1;
        int states = 0;
        long lastOffset = -1;
        for (long revision = -1; revision < LOGS - 1 || lastOffset < LOGS - 1 || usage < LOGS - 1; ) {
            JsonObject frame = slow.take();
            switch (frame.getString("type")) {
                case "log" -> {
                    logs++;
                    assertThat(frame.getLong("offset")).isGreaterThan(lastOffset);
                    lastOffset = frame.getLong("offset");
                }
                case "gap" -> {
                    assertThat(frame.getString("topic")).isEqualTo("job:" + LiveKit.JOB);
                    gap += frame.getInteger("dropped");
                }
                case "usage" -> usage = frame.getLong("memory_bytes");
                default -> {
                    states++;
                    revision = frame.getJsonObject("job").getLong("revision");
                }
            }
        }
        assertThat(gap).isPositive();
        assertThat(logs + gap).isEqualTo(LOGS);
        assertThat(states).isLessThan(LOGS);
        assertThat(kit.meters.counter("ws_frames_dropped").count()).isEqualTo(gap);
        slow.takeNothing();
    }

    @Test
    void whoReadsNothingForNinetySecondsIsLetGo() {
        Watcher slow = kit.connect("/ws").watch("job:" + LiveKit.JOB);
        slow.socket().pause();
        do {
            flood();
        } while (kit.flushedWithin(200));
        for (int i = 0; i < 4; i++) {
            slow.send(new JsonObject().put("op", "ping")); // it is alive
            LiveKit.await(kit.vertx.timer(20));
            kit.pass(Duration.ofSeconds(29));
        }
        slow.socket().resume();
        assertThat(slow.closeCode()).isEqualTo(1008);
    }

    @Test
    void whoDoesNotEvenReadTheEndIsCutByTheIdleTimeoutOfTheServer() {
        try (LiveKit strict = new LiveKit(10, 2)) {
            Watcher stuck = strict.connect("/ws").watch("job:" + LiveKit.JOB);
            stuck.socket().pause();
            do {
                flood(strict);
            } while (strict.flushedWithin(200));
            strict.pass(Duration.ofSeconds(91));
            strict.pass(Duration.ofSeconds(6));
            for (int i = 0; i < 200 && strict.limit.open() > 0; i++) {
                LiveKit.await(strict.vertx.timer(50));
            }
            assertThat(strict.limit.open()).isZero();
        }
    }

    @Test
    void whoAsksMuchAndReadsNothingIsLetGo() {
        kit.snapshots = topic -> io.vertx.core.Future.succeededFuture("\"" + LINE.repeat(10) + "\"");
        Watcher greedy = kit.connect("/ws");
        greedy.socket().pause();
        for (int i = 1; i <= 60; i++) {
            greedy.socket()
                    .writeTextMessage(LiveKit.subscribe("agent:" + i).encode())
                    .onFailure(e -> {}); // closed meanwhile
        }
        LiveKit.await(kit.vertx.timer(200));
        greedy.socket().resume();
        assertThat(greedy.closeCode()).isEqualTo(1008);
    }
}
