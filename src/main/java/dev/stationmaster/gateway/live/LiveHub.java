package dev.stationmaster.gateway.live;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.stationmaster.accounts.AccountMessages.SessionEnded;
import dev.stationmaster.accounts.AccountMessages.UserChanged;
import dev.stationmaster.agents.AgentMessages.AgentChanged;
import dev.stationmaster.agents.deployments.DeploymentMessages.DeploymentChanged;
import dev.stationmaster.agents.deployments.DeploymentMessages.FindDeployment;
import dev.stationmaster.experiments.ExperimentMessages.ExperimentChanged;
import dev.stationmaster.experiments.ExperimentMessages.ExperimentProgress;
import dev.stationmaster.experiments.ExperimentMessages.FindExperiments;
import dev.stationmaster.jobs.JobMessages.FindJobAgent;
import dev.stationmaster.jobs.JobMessages.FindSnapshot;
import dev.stationmaster.jobs.JobMessages.JobChanged;
import dev.stationmaster.jobs.JobMessages.JobLog;
import dev.stationmaster.jobs.JobMessages.JobMetric;
import dev.stationmaster.jobs.JobMessages.JobUsage;
import dev.stationmaster.jobs.JobMessages.LiveEvent;
import dev.stationmaster.jobs.JobMessages.QueueChanged;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.bus.BusMessage;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.Caller;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.net.NetSocket;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The WebSockets of one gateway event loop: made on it, bound to it. Turns each bus message into one frame, once, and
 * only when somebody watches; gathers what each socket has to be sent, and writes it at once when the last flush was
 * {@value #WINDOW_MS} ms ago or more, else when it will be.
 */
public final class LiveHub {
    private static final Logger LOG = LoggerFactory.getLogger(LiveHub.class);
    /** Bounds the added delay and the writes of a socket (200 a second), whatever is published. */
    static final long WINDOW_MS = 5;

    private static final long CHECK_MS = 1_000;
    private static final long CLOSE_MS = 2_000;
    /** Longer than a ticket lives. */
    private static final long REMEMBER_NANOS = Tickets.LIFE.multipliedBy(2).toNanos();

    private final Vertx vertx;
    private final Context context;
    private final Bus bus;
    private final Clock clock;
    private final SocketLimit limit;
    private final Counter drops;
    private final Set<LiveSocket> sockets = new LinkedHashSet<>();
    private final Map<String, Set<LiveSocket>> watchers = new HashMap<>();
    private final List<MessageConsumer<?>> consumers = new ArrayList<>();
    /** Sessions and users that ended a moment ago, and when: a ticket or a handshake may still be under way. */
    private final Map<UUID, Long> signedOut = new HashMap<>();

    private final Promise<Void> ended = Promise.promise();
    private final List<Promise<Void>> waiting = new ArrayList<>();
    private List<SocketWriter> unflushed = new ArrayList<>();
    private boolean flushPlanned;
    private boolean closing;
    private long flushedAt;
    private long sequence;
    private int busy;
    private final long checkTimer;

    /** Call on the event loop (in a verticle's start). */
    public LiveHub(Vertx vertx, Bus bus, Clock clock, SocketLimit limit, MeterRegistry meters) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.bus = bus;
        this.clock = clock;
        this.limit = limit;
        this.drops = Counter.builder("ws_frames_dropped")
                .description("Frames given up because a WebSocket client read too slowly")
                .register(meters);
        this.flushedAt = clock.nanos() - TimeUnit.MILLISECONDS.toNanos(WINDOW_MS);
        on(JobChanged.class, this::job);
        on(JobLog.class, m -> ofJob(m.jobId(), m.agentId(), null, () -> LiveJson.log(m)));
        on(JobMetric.class, m -> ofJob(m.jobId(), m.agentId(), null, () -> LiveJson.metric(m)));
        on(JobUsage.class, m -> ofJob(m.jobId(), m.agentId(), "usage:" + m.jobId(), () -> LiveJson.usage(m)));
        on(LiveEvent.class, this::event);
        on(QueueChanged.class, m -> fanOut(List.of(Topics.QUEUE), Topics.QUEUE, () -> LiveJson.queue(m)));
        on(AgentChanged.class, this::agent);
        on(DeploymentChanged.class, this::deployment);
        on(
                ExperimentChanged.class,
                m -> ofExperiment(
                        m.experimentId(), "", () -> LiveJson.experiment(m.json().text())));
        on(
                ExperimentProgress.class,
                m -> ofExperiment(m.experimentId(), ":progress", () -> LiveJson.experimentProgress(m)));
        consumers.add(bus.on(SessionEnded.class, this::sessionEnded));
        consumers.add(bus.on(UserChanged.class, this::userChanged));
        this.checkTimer = vertx.setPeriodic(CHECK_MS, id -> check());
    }

    private <M extends BusMessage> void on(Class<M> type, Consumer<M> handler) {
        consumers.add(bus.on(type, message -> {
            if (!watchers.isEmpty()) {
                handler.accept(message);
            }
        }));
    }

    private void job(JobChanged m) {
        String job = Topics.job(m.jobId());
        fanOut(
                List.of(Topics.JOBS, job, Topics.agent(m.agentId())),
                job,
                () -> LiveJson.job(m.json().text()));
    }

    private void event(LiveEvent m) {
        var topics = new ArrayList<String>(List.of(Topics.EVENTS));
        if (m.jobId() != null) {
            topics.add(Topics.job(m.jobId()));
        }
        if (m.agentId() != null) {
            topics.add(Topics.agent(m.agentId()));
        }
        fanOut(topics, null, () -> LiveJson.event(m));
    }

    private void agent(AgentChanged m) {
        String agent = Topics.agent(m.agentId());
        fanOut(List.of(Topics.AGENTS, agent), agent, () -> LiveJson.agent(m.agentId()));
    }

    private void deployment(DeploymentChanged m) {
        String topic = Topics.deployment(m.agentId());
        fanOut(List.of(topic), topic, () -> LiveJson.deployment(m.agentId()));
    }

    private void ofJob(UUID jobId, long agentId, @Nullable String key, Supplier<String> json) {
        fanOut(List.of(Topics.job(jobId), Topics.agent(agentId)), key, json);
    }

    /** A change and progress have different fields, so that one must not replace the other. */
    private void ofExperiment(UUID id, String part, Supplier<String> json) {
        String topic = Topics.experiment(id);
        fanOut(List.of(Topics.EXPERIMENTS, topic), topic + part, json);
    }

    private void fanOut(List<String> topics, @Nullable String key, Supplier<String> json) {
        LiveFrame frame = null;
        for (String topic : topics) {
            Set<LiveSocket> interested = watchers.get(topic);
            if (interested == null) {
                continue;
            }
            if (frame == null) {
                frame = new LiveFrame(sequence++, key, topics, WebSocketFrames.text(json.get()));
            }
            for (LiveSocket socket : interested) {
                socket.offer(frame);
            }
        }
    }

    /**
     * Serves a connection that has switched to the WebSocket protocol. Takes over one place of the limit.
     *
     * @param agentId whose topic is watched from the start
     */
    void open(NetSocket net, Caller caller, @Nullable Long agentId) {
        LiveSocket socket = new LiveSocket(net, this, caller);
        sockets.add(socket);
        socket.open(agentId);
        if (closing) {
            socket.close(WebSocketFrames.GOING_AWAY, "The server stops");
        } else if (signedOut.containsKey(caller.userId())
                || (caller.session() != null && signedOut.containsKey(caller.session()))) {
            socket.signedOut();
        }
    }

    private void sessionEnded(SessionEnded m) {
        signedOut.put(m.session(), clock.nanos());
        closeWhere(caller -> m.session().equals(caller.session()));
    }

    /** As with requests: a change ends what was given out before, but jobs go on until the user is disabled. */
    private void userChanged(UserChanged m) {
        if (m.disabled()) {
            signedOut.put(m.userId(), clock.nanos());
        } else {
            signedOut.remove(m.userId());
        }
        closeWhere(caller -> m.userId().equals(caller.userId()) && (m.disabled() || caller.jobId() == null));
    }

    private void closeWhere(Predicate<Caller> whose) {
        List.copyOf(sockets).stream()
                .filter(socket -> whose.test(socket.caller()))
                .forEach(LiveSocket::signedOut);
    }

    void closed(LiveSocket socket) {
        if (sockets.remove(socket)) {
            limit.release();
        }
        if (closing && sockets.isEmpty()) {
            ended.tryComplete();
        }
    }

    void watch(String topic, LiveSocket socket) {
        watchers.computeIfAbsent(topic, t -> new HashSet<>()).add(socket);
    }

    void unwatch(String topic, LiveSocket socket) {
        Set<LiveSocket> interested = watchers.get(topic);
        if (interested != null && interested.remove(socket) && interested.isEmpty()) {
            watchers.remove(topic);
        }
    }

    Future<String> snapshot(String topic) {
        if (topic.equals(Topics.EXPERIMENTS) || Topics.isExperiment(topic)) {
            UUID id = Topics.isExperiment(topic) ? Topics.experimentId(topic) : null;
            return bus.request(new FindExperiments(id)).map(found -> found.json());
        }
        if (Topics.isDeployment(topic)) {
            return bus.request(new FindDeployment(Topics.deploymentAgent(topic)))
                    .map(found -> found.json());
        }
        return topic.equals(Topics.AGENTS)
                ? Future.succeededFuture("{}") // agents are read over REST; the topic only says that they changed
                : bus.request(new FindSnapshot(topic)).map(found -> found.json());
    }

    Future<@Nullable Long> agentOf(UUID jobId) {
        return bus.request(new FindJobAgent(jobId)).map(found -> found.agentId());
    }

    void countDropped() {
        drops.increment();
    }

    long nanos() {
        return clock.nanos();
    }

    Instant wallTime() {
        return clock.now();
    }

    void later(long milliseconds, Runnable work) {
        vertx.setTimer(milliseconds, id -> work.run());
    }

    void flushSoon(SocketWriter writer) {
        busy++;
        unflushed.add(writer);
        if (flushPlanned) {
            return;
        }
        flushPlanned = true;
        long wait = WINDOW_MS - TimeUnit.NANOSECONDS.toMillis(clock.nanos() - flushedAt);
        if (wait <= 0) {
            // Not at once but after the bus messages that are already queued: under load they share the write.
            context.runOnContext(v -> flush());
        } else {
            vertx.setTimer(Math.min(wait, WINDOW_MS), id -> flush());
        }
    }

    private void flush() {
        flushPlanned = false;
        flushedAt = clock.nanos();
        List<SocketWriter> writers = unflushed;
        unflushed = new ArrayList<>(writers.size());
        writers.forEach(SocketWriter::flush);
    }

    /** One {@link #flushSoon} is done with. */
    void wrote() {
        busy--;
        if (busy == 0 && !waiting.isEmpty()) {
            List<Promise<Void>> done = List.copyOf(waiting);
            waiting.clear();
            done.forEach(Promise::complete);
        }
    }

    /** Completes when nothing is unsent, at the latest when the slowest client has read. Call on the event loop. */
    public Future<Void> flushed() {
        if (busy == 0) {
            return Future.succeededFuture();
        }
        Promise<Void> promise = Promise.promise();
        waiting.add(promise);
        return promise.future();
    }

    /** Looks at all time-outs. */
    void check() {
        List.copyOf(sockets).forEach(LiveSocket::check);
        long now = clock.nanos();
        signedOut.values().removeIf(at -> now - at > REMEMBER_NANOS);
    }

    /** Says good-bye to all clients, and gives them {@value #CLOSE_MS} ms. Call on the event loop. */
    @CanIgnoreReturnValue
    public Future<Void> close() {
        closing = true;
        vertx.cancelTimer(checkTimer);
        consumers.forEach(consumer -> consumer.unregister().onFailure(e -> LOG.debug("unregister", e)));
        List.copyOf(sockets).forEach(socket -> socket.close(WebSocketFrames.GOING_AWAY, "The server stops"));
        if (sockets.isEmpty()) {
            ended.tryComplete();
        }
        long end = vertx.setTimer(CLOSE_MS, id -> ended.tryComplete());
        return ended.future().onComplete(v -> vertx.cancelTimer(end));
    }
}
