package dev.stationmaster.jobs;

import static dev.stationmaster.testing.TestStores.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.accounts.AccountMessages;
import dev.stationmaster.costs.CostMessages;
import dev.stationmaster.jobs.JobTransitionStore.Change;
import dev.stationmaster.jobs.JobsSettings.ImageAgents;
import dev.stationmaster.jobs.queue.JobQueue;
import dev.stationmaster.jobs.queues.QueueStore;
import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.jobs.runner.RunnerEvents;
import dev.stationmaster.jobs.scheduler.Decision;
import dev.stationmaster.jobs.scheduler.RecentUse;
import dev.stationmaster.jobs.scheduler.Snapshot;
import dev.stationmaster.jobs.storage.LocalFileStore;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.redis.RedisLink;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.eventbus.MessageConsumer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Moves of jobs against real stores, without a server: what happens when two act on a job at the same time. */
class JobMovesTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    private static final Resources ALL = new Resources(4_000, 8L << 30, 0, 1L << 40);
    private static final UUID OWNER = new UUID(0, 77);

    private final ManualClock clock = new ManualClock();
    private final List<Job> started = new ArrayList<>();
    private final RunningAttempts running = new RunningAttempts();
    private List<MessageConsumer<?>> answers = List.of();
    private RedisLink redis;
    private WorkerParts parts;
    private JobTransitionStore moves;
    private JobStore store;
    private Recovery recovery;

    @BeforeEach
    void parts() {
        STORES.flushRedis();
        STORES.sql("DELETE FROM job_attempts");
        STORES.sql("DELETE FROM jobs");
        STORES.sql("DELETE FROM workers");
        STORES.sql("""
                INSERT INTO users (id, username, password_hash, role, created_at, updated_at, tokens_valid_from)
                VALUES ($1, 'ann', 'x', 'developer', now(), now(), now()) ON CONFLICT DO NOTHING""", OWNER);
        STORES.sql("""
                INSERT INTO agents (id, name, type, owner_id, current_version, created_at, updated_at)
                OVERRIDING SYSTEM VALUE VALUES (7, 'trainer', 'research', $1, '1', now(), now())
                ON CONFLICT DO NOTHING""", OWNER);
        answers = List.of(
                STORES.bus()
                        .answer(
                                AccountMessages.FindQuota.class,
                                q -> Future.succeededFuture(new AccountMessages.QuotaFound(
                                        ALL.cpuMillis(), ALL.memoryBytes(), 0, ALL.storageBytes(), null))),
                STORES.bus()
                        .answer(
                                AccountMessages.FindOwners.class,
                                q -> Future.succeededFuture(new AccountMessages.OwnersFound(q.ownerIds().stream()
                                        .map(id -> new AccountMessages.OwnerLimits(
                                                id, 1, null, null, null, null, null, List.of()))
                                        .toList()))),
                STORES.bus()
                        .answer(
                                CostMessages.ChargeUsage.class,
                                q -> Future.succeededFuture(new CostMessages.Charged(List.of()))));
        redis = STORES.redis();
        moves = new JobTransitionStore(STORES.database(), clock);
        store = new JobStore(STORES.database(), new AuditTrail(clock));
        var records = new RecordStore(STORES.database());
        var settings = settings();
        parts = new WorkerParts(
                STORES.vertx(),
                clock,
                STORES.bus(),
                settings,
                "me",
                store,
                moves,
                new DispatchStore(STORES.database()),
                records,
                new JobRecorder(STORES.vertx(), clock, records, STORES.bus(), settings),
                new JobQueue(redis),
                Map.of("process", new Idle()),
                running,
                new BudgetGate(STORES.bus(), clock),
                new JobMeters(new SimpleMeterRegistry()));
        var costs = new CostMeter(clock, STORES.bus(), records, settings.charge());
        var preparer = new LaunchPreparer(STORES.vertx(), STORES.bus(), null, settings, "");
        var local = new LocalFileStore(STORES.vertx(), clock, settings.dataDir());
        var files = new AttemptFiles(STORES.vertx(), clock, local, settings.dataDir(), store, running);
        var supervisor = new AttemptSupervisor(
                parts,
                new ServiceWatch(parts.vertx(), clock, parts.bus(), new ServiceStore(STORES.database())),
                costs,
                preparer,
                files,
                (attempt, left) -> {});
        recovery = new Recovery(
                parts,
                new StartStore(STORES.database()),
                new ClusterStore(STORES.database()),
                costs,
                new Adoption(parts, supervisor, preparer));
    }

    @AfterEach
    void close() {
        answers.forEach(answer -> await(answer.unregister()));
        await(redis.close());
    }

    private static JobsSettings settings() {
        var second = Duration.ofSeconds(1);
        return new JobsSettings(
                Path.of("."),
                4_000,
                1_000,
                1 << 20,
                100,
                Duration.ofSeconds(30),
                5,
                second,
                second,
                second,
                second,
                Duration.ofSeconds(5),
                1 << 20,
                1_000,
                10,
                second,
                Duration.ofDays(9),
                ImageAgents.REFUSE,
                new SchedulingSettings(
                        new Snapshot.Rules(Duration.ofHours(1), Duration.ofMinutes(5), 256, false),
                        Duration.ofDays(1),
                        Duration.ofSeconds(10),
                        second));
    }

    /** A runner that starts nothing. */
    private static final class Idle implements Runner {
        @Override
        public String name() {
            return "process";
        }

        @Override
        public Resources capacity() {
            return ALL;
        }

        @Override
        public Future<Integer> cleanUp() {
            return Future.succeededFuture(0);
        }

        @Override
        public Future<Void> launch(Launch launch, RunnerEvents events) {
            return Future.succeededFuture();
        }

        @Override
        public void stop(UUID jobId, long lease, Duration grace) {}

        @Override
        public Future<Void> close(Duration grace) {
            return Future.succeededFuture();
        }
    }

    private Job insert(String runner, JobState state, int cpuMillis) {
        UUID id = UUID.randomUUID();
        STORES.sql(
                """
                INSERT INTO jobs (id, owner_id, owner, agent_id, agent_name, agent_version, name, priority, state, runner,
                  simulated, max_attempts, cpu_millis, memory_bytes, gpus, storage_bytes, folder_id, created_at, queued_at,
                  run_at)
                VALUES ($1, $2, 'ann', 7, 'trainer', '1', 'job', 5, $3, $4, false, 3, $5, 1048576, 0, 0, $1, now(), now(),
                  CASE WHEN $3 = 'retry_wait' THEN $6::timestamptz END)""",
                id,
                OWNER,
                state.wireName(),
                runner,
                (long) cpuMillis,
                clock.utc().plusSeconds(1));
        return job(id);
    }

    private Job job(UUID id) {
        return await(store.byId(id)).orElseThrow();
    }

    private void dispatch() {
        var cluster = new ClusterStore(STORES.database());
        await(new Assignments(parts, cluster, started::add).announce());
        var queues = new QueueCatalog(new QueueStore(STORES.database(), new AuditTrail(clock)), clock);
        var recent = new RecentUse(Duration.ofDays(1), Duration.ofSeconds(10), clock.now());
        var reader = new SnapshotReader(parts, cluster, queues, recent);
        var forecast = new StartForecast(parts, reader, new RunTimesStore(STORES.database()));
        var dispatcher = new Dispatcher(parts, reader, queues, recent, forecast, () -> true, started::add);
        dispatcher.wake();
        await(dispatcher.close());
    }

    private Job claim(Job job) {
        return await(STORES.database()
                        .inTransaction(tx -> moves.claim(
                                tx,
                                List.of(new Decision.Start(job.id(), job.lane(), Map.of("me", 1))),
                                Duration.ofSeconds(30))))
                .get(0);
    }

    @Test
    void a_stale_retry_does_not_take_a_job_from_who_runs_it() {
        Job waiting = insert("process", JobState.RETRY_WAIT, 100);
        await(parts.queue().delay(waiting.queued(), clock.now())); // and nobody takes it out again
        await(moves.apply(Change.to(waiting.id(), waiting.lease(), JobState.QUEUED, null, null)));
        Job claimed = claim(waiting);
        await(moves.apply(Change.to(claimed.id(), claimed.lease(), JobState.STARTING, null, null)));
        await(moves.apply(Change.to(claimed.id(), claimed.lease(), JobState.RUNNING, null, null)));
        await(recovery.due());
        assertThat(job(waiting.id()).state()).isEqualTo(JobState.RUNNING);
    }

    @Test
    void a_retry_that_is_due_is_queued() {
        Job waiting = insert("process", JobState.RETRY_WAIT, 100);
        await(recovery.reconcile());
        assertThat(job(waiting.id()).state()).isEqualTo(JobState.RETRY_WAIT);
        clock.advance(Duration.ofSeconds(2));
        await(recovery.due());
        assertThat(job(waiting.id()).state()).isEqualTo(JobState.QUEUED);
    }

    private Job explained(UUID id) {
        return await(new WaitReasons(parts.queue(), clock).explained(job(id)));
    }

    @Test
    void a_job_of_a_runner_that_is_switched_off_says_so() {
        Job job = insert("gone", JobState.QUEUED, 100);
        await(recovery.reconcile());
        dispatch();
        assertThat(explained(job.id()).reason()).isEqualTo("no_matching_executor");
        assertThat(explained(job.id()).message()).contains("gone");
    }

    @Test
    void a_job_larger_than_the_whole_runner_holds_nobody_up() {
        Job large = insert("process", JobState.QUEUED, 9_000);
        Job small = insert("process", JobState.QUEUED, 100);
        await(recovery.reconcile());
        dispatch();
        assertThat(started).extracting(Job::id).containsExactly(small.id());
        assertThat(explained(large.id()).reason()).isEqualTo("exceeds_runner_capacity");
    }

    @Test
    void a_job_whose_lost_attempt_is_still_being_ended_here_is_not_started_beside_it() {
        Job job = insert("process", JobState.QUEUED, 100);
        var ending = new Attempt(claim(job));
        running.add(ending);
        await(moves.apply(Change.to(job.id(), ending.lease(), JobState.QUEUED, "lease_lost", null)));
        await(recovery.reconcile());
        dispatch();
        assertThat(started).isEmpty();
        running.remove(ending);
        dispatch();
        assertThat(started).hasSize(1);
        assertThat(running.used("process")).isEqualTo(Resources.NONE);
    }

    @Test
    void a_cancelling_job_whose_worker_died_is_cancelled() {
        Job job = claim(insert("process", JobState.QUEUED, 100));
        await(moves.apply(Change.to(job.id(), job.lease(), JobState.CANCELLING, "cancelled_by_user", null)));
        STORES.sql("UPDATE jobs SET lease_expires_at = clock_timestamp() - interval '1 second'");
        await(recovery.stalled());
        assertThat(job(job.id()).state()).isEqualTo(JobState.CANCELLED);
    }

    @Test
    void a_message_with_a_nul_can_be_written() {
        Job job = claim(insert("process", JobState.QUEUED, 100));
        var failed = Change.to(job.id(), job.lease(), JobState.FAILED, "setup_failed", "a\0b");
        assertThat(await(moves.apply(failed)).orElseThrow().message()).isEqualTo("ab");
    }

    @Test
    void an_end_whose_answer_was_lost_is_repeated_without_harm() {
        Job job = claim(insert("process", JobState.QUEUED, 100));
        var outcomes = new AttemptOutcome(parts.store(), moves, AttemptEnd.of(parts.settings(), clock));
        var change = new Change(
                job.id(), job.lease(), JobState.RETRY_WAIT, "exit_nonzero", "x", 1, clock.utc(), true, false, "failed");
        await(moves.apply(change)); // committed, and the connection broke
        assertThat(await(outcomes.apply(new Attempt(job), change)).orElseThrow().state())
                .isEqualTo(JobState.RETRY_WAIT);
        Job now = job(job.id());
        assertThat(now.state()).isEqualTo(JobState.RETRY_WAIT);
        assertThat(now.failures()).isOne();
    }
}
