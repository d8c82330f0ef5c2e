package dev.stationmaster.jobs.runner.kubernetes;

import dev.stationmaster.jobs.runner.LaunchException;
import dev.stationmaster.jobs.runner.RunnerEvents;
import dev.stationmaster.jobs.runner.kubernetes.PodState.Kind;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a pod waits for before its program runs: told once per change, and bounded. Lives on one event loop. */
final class PodWait {
    private static final Logger LOG = LoggerFactory.getLogger(PodWait.class);
    /** Where the reason changes for ever, people have seen enough. */
    private static final int MAX_NOTES = 100;

    private static final long QUOTA_MS = 10_000;

    private final Vertx vertx;
    private final KubernetesSettings.Patience patience;
    private final String image;
    private final RunnerEvents events;
    private final Consumer<LaunchException> tooLong;
    private @Nullable Kind kind;
    private String text = "";
    private int notes;
    private long timer = -1;
    private long quotaTimer = -1;

    PodWait(
            Vertx vertx,
            KubernetesSettings.Patience patience,
            String image,
            RunnerEvents events,
            Consumer<LaunchException> tooLong) {
        this.vertx = vertx;
        this.patience = patience;
        this.image = image;
        this.events = events;
        this.tooLong = tooLong;
    }

    /** There is no pod yet. */
    void begin() {
        state(Kind.WAITS_FOR_NODE, "");
        quotaTimer = vertx.setTimer(
                QUOTA_MS, fired -> state(Kind.WAITS_FOR_NODE, "no pod yet: the namespace's quota may be used up"));
    }

    void state(Kind now, String why) {
        vertx.cancelTimer(quotaTimer);
        if (!why.isEmpty() && !why.equals(text) && notes < MAX_NOTES) {
            notes++;
            events.notes(List.of("[kubernetes] " + why))
                    .onFailure(e -> LOG.debug("A note was not taken: {}", e.toString()));
        }
        text = why.isEmpty() ? "waiting" : why;
        if (now != kind) {
            kind = now;
            vertx.cancelTimer(timer);
            timer = vertx.setTimer(limit(now).toMillis(), fired -> tooLong.accept(failure(now)));
        }
    }

    void over() {
        vertx.cancelTimer(quotaTimer);
        vertx.cancelTimer(timer);
    }

    private Duration limit(Kind now) {
        return switch (now) {
            case NO_IMAGE, REFUSED -> patience.image();
            case STARTS -> patience.start();
            default -> patience.node();
        };
    }

    private LaunchException failure(Kind now) {
        return switch (now) {
            case NO_IMAGE -> new LaunchException("image_pull_failed", "The image " + image + ": " + text);
            case REFUSED -> new LaunchException("The cluster can't start it: " + text);
            case STARTS ->
                new LaunchException(
                        "It did not start within " + patience.start().toSeconds() + " s; it was " + text);
            default ->
                new LaunchException(
                        "unschedulable",
                        "No node took it within " + patience.node().toSeconds() + " s; it was " + text);
        };
    }
}
