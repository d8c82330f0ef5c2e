package dev.stationmaster.agents.deployments;

import dev.stationmaster.jobs.ServiceMessages.ServiceFacts;
import dev.stationmaster.testing.ManualClock;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/** A deployment in memory, whose jobs do as a test says; rows are kept as the stores would keep them. */
final class World {
    final ManualClock clock = new ManualClock();
    final List<Revision> revisions = new ArrayList<>();
    final List<Replica> replicas = new ArrayList<>();
    final Map<UUID, ServiceFacts> jobs = new HashMap<>();
    final List<DeploymentEvent> events = new ArrayList<>();
    Deployment deployment;

    World(int wanted, JsonObject more) {
        OffsetDateTime now = clock.utc();
        deployment = new Deployment(7, UUID.randomUUID(), "ann", DeploymentState.ACTIVE, 0, wanted, 0, 1, now, now);
        roll(more);
    }

    /** As POST does. */
    void roll(JsonObject more) {
        int number = revisions.size() + 1;
        DeploymentSpec spec = DeploymentDraft.read(more).spec();
        OffsetDateTime now = clock.utc();
        revisions.add(new Revision(
                7,
                number,
                number,
                "1." + number,
                spec,
                RolloutState.ROLLING,
                false,
                null,
                null,
                null,
                "ann",
                now,
                now,
                null));
        become(deployment.state(), number, deployment.replicas());
    }

    void become(DeploymentState state, int revision, int wanted) {
        deployment = new Deployment(
                7,
                deployment.ownerId(),
                "ann",
                state,
                revision,
                wanted,
                0,
                deployment.version() + 1,
                deployment.createdAt(),
                clock.utc());
    }

    Revision target() {
        return revisions.get(deployment.revision() - 1);
    }

    /** One look, and what its rows ask for: jobs are submitted, and those to be stopped end at once. */
    Changes look() {
        Revision target = target();
        Revision fallback = revisions.stream()
                .filter(r -> r.proven() && r.template() != target.template())
                .reduce((a, b) -> b)
                .orElse(null);
        var specs = new HashMap<Integer, DeploymentSpec>();
        revisions.forEach(r -> specs.put(r.revision(), r.spec()));
        Changes c = Reconcile.decide(new Situation(deployment, target, fallback, specs, replicas, clock.utc()), jobs);
        apply(c);
        return c;
    }

    private void apply(Changes c) {
        replicas.removeIf(r -> c.gone().contains(r.id()));
        c.changed().forEach(after -> replicas.replaceAll(r -> r.id().equals(after.id()) ? after : r));
        replicas.addAll(c.made());
        if (c.target() != null) {
            revisions.set(c.target().revision() - 1, c.target());
        }
        if (c.next() != null) {
            revisions.add(c.next());
            become(deployment.state(), c.next().revision(), deployment.replicas());
        }
        if (c.state() != null) {
            become(c.state(), deployment.revision(), deployment.replicas());
        }
        events.addAll(c.events());
    }

    /** Submits what is due. */
    void submit() {
        replicas.replaceAll(r -> {
            if (!r.state().waits() || r.jobId() != null || r.startAt().isAfter(clock.utc())) {
                return r;
            }
            UUID job = UUID.randomUUID();
            jobs.put(job, facts(job, "queued", null));
            return new Replica(
                    r.id(),
                    7,
                    r.template(),
                    ReplicaState.PENDING,
                    null,
                    r.incarnation(),
                    job,
                    r.failures(),
                    r.restarts(),
                    r.startAt(),
                    null,
                    r.createdAt());
        });
    }

    /** Whatever is to stop has stopped. */
    void stop() {
        replicas.stream().filter(r -> r.state().stops() && r.jobId() != null).forEach(r -> put(r, "cancelled", null));
    }

    void put(Replica r, String state, Boolean healthy) {
        jobs.put(r.jobId(), facts(r.jobId(), state, healthy));
    }

    Replica replica(UUID id) {
        return replicas.stream().filter(r -> r.id().equals(id)).findFirst().orElseThrow();
    }

    long healthy() {
        return replicas.stream().filter(Rollout::healthy).count();
    }

    /** Everything goes well until nothing changes any more. */
    void settle() {
        int quiet = 0;
        for (int i = 0; i < 400; i++) {
            submit();
            stop();
            replicas.stream()
                    .filter(r -> r.jobId() != null && !r.state().stops())
                    .filter(r -> !jobs.get(r.jobId()).finished())
                    .forEach(r -> put(r, "running", true));
            quiet = look().none() && replicas.stream().allMatch(r -> r.jobId() != null) ? quiet + 1 : 0;
            if (quiet > 3) { // nothing waits for a moment to pass
                return;
            }
            clock.advance(Duration.ofSeconds(1));
        }
        throw new AssertionError("it never settles: " + replicas);
    }

    /** One thing happens by chance; those of a bad revision never turn healthy. */
    void chance(Random random, int badTemplate) {
        switch (random.nextInt(4)) {
            case 0 -> submit();
            case 1 -> stop();
            case 2 -> clock.advance(Duration.ofSeconds(random.nextInt(3)));
            default -> {
                List<Replica> running = replicas.stream()
                        .filter(r -> r.jobId() != null && !r.state().stops())
                        .filter(r -> !jobs.get(r.jobId()).finished())
                        .toList();
                if (!running.isEmpty()) {
                    Replica r = running.get(random.nextInt(running.size()));
                    boolean bad = r.template() == badTemplate;
                    put(r, bad && random.nextBoolean() ? "failed" : "running", bad ? null : Boolean.TRUE);
                }
            }
        }
    }

    private ServiceFacts facts(UUID job, String state, Boolean healthy) {
        boolean finished = List.of("failed", "succeeded", "cancelled").contains(state);
        return new ServiceFacts(
                job,
                state,
                "running".equals(state),
                finished,
                finished ? "exit_nonzero" : null,
                finished ? "exited with code 1" : null,
                null,
                "process",
                false,
                "w",
                clock.utc(),
                healthy,
                healthy == null ? null : "the check says so",
                "127.0.0.1:1",
                null,
                null,
                100,
                1,
                0,
                0,
                0);
    }
}
