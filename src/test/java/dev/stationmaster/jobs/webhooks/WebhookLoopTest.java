package dev.stationmaster.jobs.webhooks;

import static dev.stationmaster.testing.TestStores.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.accounts.AccountMessages;
import dev.stationmaster.jobs.JobMessages.LiveEvent;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.security.SecretBox;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.Receiver;
import dev.stationmaster.testing.TestStores;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SelfSignedCertificate;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Pauses, ends and order, with a clock that stands still; a pause is always the longest of its kind here. */
class WebhookLoopTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    private static final UUID OWNER = new UUID(0, 1);
    private static final AuditEntry ENTRY = new AuditEntry("ann", "test", "webhook/x", null, null, null);

    private final ManualClock clock = new ManualClock();
    private final SecretBox box = new SecretBox(new byte[32]);
    private final WebhooksSettings settings = WebhookUrlTest.settings(true, true);
    private final WebhookStore store = new WebhookStore(STORES.database(), new AuditTrail(clock));
    private final DeliveryStore deliveries = new DeliveryStore(STORES.database(), new AuditTrail(clock));
    private final WebhookGuard guard = new WebhookGuard(store, settings, STORES.bus(), clock);
    private final LinkedBlockingQueue<LiveEvent> events = new LinkedBlockingQueue<>();
    private Receiver receiver;
    private Context context;
    private WebhookLoop loop;
    private WebhookSender sender;

    @BeforeEach
    void start() {
        STORES.sql("TRUNCATE webhooks, webhook_deliveries, job_events, jobs CASCADE");
        STORES.sql("""
                INSERT INTO users (id, username, password_hash, role, created_at, updated_at, tokens_valid_from)
                VALUES ($1, 'ann', 'x', 'developer', now(), now(), now()) ON CONFLICT DO NOTHING""", OWNER);
        STORES.sql("""
                INSERT INTO agents (id, name, type, owner_id, current_version, created_at, updated_at)
                OVERRIDING SYSTEM VALUE VALUES (7, 'a', 'research', $1, '1', now(), now()) ON CONFLICT DO NOTHING""", OWNER);
        STORES.bus().on(LiveEvent.class, events::add);
        receiver = new Receiver();
        context = STORES.vertx().getOrCreateContext();
        sender = new WebhookSender(STORES.vertx(), clock, box, settings);
        loop = new WebhookLoop(new OutboxStore(STORES.database()), deliveries, sender, guard, settings, clock, () -> 1);
        loop.leads(() -> true);
    }

    @AfterEach
    void close() {
        receiver.close();
        await(sender.close());
    }

    private Webhook webhook() {
        UUID id = UUID.randomUUID();
        var now = clock.utc();
        var w = new Webhook(
                id,
                "w" + id,
                receiver.url("/"),
                OWNER,
                "ann",
                List.of("running", "succeeded"),
                null,
                null,
                "ann",
                true,
                null,
                null,
                1,
                now,
                now);
        byte[] sealed = box.seal(WebhookSecret.next(), WebhookService.context(id));
        return await(store.insert(w, sealed, ENTRY)).orElseThrow();
    }

    private UUID job() {
        UUID id = UUID.randomUUID();
        STORES.sql("""
                INSERT INTO jobs (id, owner_id, owner, agent_id, agent_name, agent_version, name, priority, state, runner,
                  simulated, max_attempts, cpu_millis, memory_bytes, gpus, storage_bytes, folder_id, created_at, queued_at)
                VALUES ($1, $2, 'ann', 7, 'a', '1', 'j', 5, 'running', 'process', false, 1, 1, 1, 0, 0, $1, now(), now())""", id, OWNER);
        return id;
    }

    private void event(UUID job, String state) {
        STORES.sql(
                "INSERT INTO job_events (job_id, at, kind, state, attempt, agent_id) VALUES ($1, $2, 'state', $3, 1, 7)",
                job,
                clock.utc(),
                state);
    }

    /** Turns until all that can be done by now is done. */
    private void turnUntil(int calls) {
        Awaitility.await().untilAsserted(() -> {
            turn();
            assertThat(receiver.at("/")).hasSize(calls);
        });
    }

    private void turn() {
        Promise<Void> turned = Promise.promise();
        context.runOnContext(x -> {
            loop.turn();
            turned.complete();
        });
        await(turned.future());
    }

    private Delivery only(Webhook w) {
        return await(deliveries.page(w.id(), null, 10)).get(0);
    }

    private void recorded(Webhook w, int tries) {
        Awaitility.await().untilAsserted(() -> {
            turn();
            assertThat(only(w).tries()).isEqualTo(tries);
        });
    }

    @Test
    void pauses_double_and_after_the_last_try_it_has_failed() {
        receiver.answers(call -> 500);
        Webhook w = webhook();
        event(job(), "running");
        for (int tries = 1; tries <= 4; tries++) {
            turnUntil(tries);
            recorded(w, tries);
            Duration pause = Duration.between(clock.utc(), only(w).nextAt());
            assertThat(pause).isEqualTo(Duration.ofSeconds(1L << (tries - 1)));
            clock.advance(pause.minusNanos(1_000));
            turn();
            assertThat(receiver.at("/")).hasSize(tries);
            clock.advance(Duration.ofNanos(1_000));
        }
        assertThat(only(w).state()).isEqualTo("failed");
        assertThat(receiver.at("/").stream().map(Receiver.Call::id).distinct()).hasSize(1);
    }

    @Test
    void what_is_too_old_is_given_up_and_a_webhook_that_only_fails_is_switched_off() throws Exception {
        receiver.answers(call -> 503);
        Webhook w = webhook();
        event(job(), "running");
        turnUntil(1);
        recorded(w, 1);
        assertThat(await(store.find(w.id())).orElseThrow().failingSince()).isNotNull();
        clock.advance(Duration.ofMinutes(61));
        turnUntil(2);
        recorded(w, 2);
        assertThat(only(w).state()).isEqualTo("failed");
        LiveEvent told = events.poll(20, TimeUnit.SECONDS);
        assertThat(told.kind()).isEqualTo("webhook.disabled");
        assertThat(told.message()).contains(w.name(), "failed for 1800 s");
        assertThat(await(store.find(w.id())).orElseThrow().enabled()).isFalse();
    }

    @Test
    void more_than_may_wait_switches_it_off() {
        Webhook w = webhook();
        receiver.answers(call -> 500);
        UUID job = job();
        for (int i = 0; i < 4; i++) {
            event(job, "running");
        }
        Awaitility.await().untilAsserted(() -> {
            turn();
            assertThat(await(store.find(w.id())).orElseThrow().disabledReason()).contains("More than 3");
        });
    }

    /** A writer that commits late, with a lower number than others, is not passed over. */
    @Test
    void no_event_is_passed_over_in_whichever_order_writers_commit() {
        Webhook w = webhook();
        UUID late = job();
        UUID early = job();
        Promise<Void> commit = Promise.promise();
        Promise<Void> written = Promise.promise();
        var slow = STORES.database().inTransaction(tx -> tx.preparedQuery("""
                INSERT INTO job_events (job_id, at, kind, state, attempt, agent_id) VALUES ($1, $2, 'state', 'running', 1, 7)""")
                .execute(io.vertx.sqlclient.Tuple.of(late, clock.utc()))
                .onSuccess(done -> written.complete())
                .compose(done -> commit.future()));
        await(written.future());
        event(early, "running");
        await(new OutboxStore(STORES.database()).transfer(clock.utc()));
        assertThat(await(deliveries.page(w.id(), null, 10))).isEmpty();
        commit.complete();
        await(slow);
        turnUntil(2);
        assertThat(receiver.at("/").stream().map(Receiver.Call::job))
                .containsExactlyInAnyOrder(late.toString(), early.toString());
        await(new OutboxStore(STORES.database()).transfer(clock.utc()));
        assertThat(await(deliveries.page(w.id(), null, 10))).hasSize(2);
    }

    @Test
    void many_events_of_one_transaction_become_deliveries_once_each() {
        Webhook w = webhook();
        UUID job = job();
        STORES.sql(
                "INSERT INTO job_events (job_id, at, kind, state, attempt, agent_id)"
                        + " SELECT $1, $2, 'state', 'running', 1, 7 FROM generate_series(1, 1203)",
                job,
                clock.utc());
        var outbox = new OutboxStore(STORES.database());
        assertThat(await(outbox.transfer(clock.utc())).more()).isTrue();
        assertThat(await(outbox.transfer(clock.utc())).more()).isTrue();
        assertThat(await(outbox.transfer(clock.utc())).more()).isFalse();
        assertThat(await(outbox.transfer(clock.utc())).more()).isFalse();
        assertThat(STORES.sql("SELECT count(*) FROM webhook_deliveries WHERE webhook_id = $1", w.id())
                        .get(0)
                        .getLong(0))
                .isEqualTo(1203);
    }

    @Test
    void old_deliveries_are_forgotten_and_those_that_wait_stay() {
        Webhook w = webhook();
        for (int i = 0; i < 4; i++) {
            STORES.sql("""
                    INSERT INTO webhook_deliveries (id, webhook_id, lane, ord, event, body, state, next_at, created_at, queued_at,
                      finished_at) VALUES ($1, $2, $1, 0, 'x', '{}', $3, $4, $4, $4, $4)""", UUID.randomUUID(), w.id(), i == 0 ? "pending" : "delivered", clock.utc());
        }
        assertThat(await(deliveries.forget(2, clock.utc().minusDays(7)))).isOne();
        assertThat(await(deliveries.forget(2, clock.utc().plusSeconds(1)))).isEqualTo(2);
        assertThat(only(w).state()).isEqualTo("pending");
    }

    @Test
    void an_owner_who_is_gone_hears_nothing() {
        var consumer = STORES.bus()
                .answer(
                        AccountMessages.FindUser.class,
                        q -> Future.succeededFuture(new AccountMessages.UserFound(null, null, false)));
        Webhook w = webhook();
        await(guard.owners());
        assertThat(await(store.find(w.id())).orElseThrow().enabled()).isFalse();
        await(consumer.unregister());
    }

    private DueDelivery to(String url) {
        UUID id = UUID.randomUUID();
        Buffer sealed = Buffer.buffer(box.seal(WebhookSecret.next(), WebhookService.context(id)));
        return new DueDelivery(UUID.randomUUID(), id, url, "{}", 0, clock.utc(), false, sealed, null);
    }

    /** The name is judged by where it leads, at the moment of sending. */
    @Test
    void a_name_that_leads_to_this_machine_is_not_connected_to() {
        var strict = new WebhookSender(STORES.vertx(), clock, box, WebhookUrlTest.settings(true, false));
        Outcome outcome = await(strict.send(to(receiver.url("/").replace("127.0.0.1", "localhost"))));
        assertThat(outcome.delivered()).isFalse();
        assertThat(outcome.error()).contains("loopback");
        assertThat(receiver.at("/")).isEmpty();
        await(strict.close());
    }

    @Test
    void a_receiver_that_does_not_answer_and_one_that_is_not_there_are_errors() {
        var held = new java.util.concurrent.CountDownLatch(1);
        receiver.answers(call -> {
            try {
                return held.await(20, TimeUnit.SECONDS) ? 200 : 500;
            } catch (InterruptedException e) {
                return 500;
            }
        });
        assertThat(await(sender.send(to(receiver.url("/")))).error()).isNotBlank();
        held.countDown();
        String gone = receiver.url("/");
        receiver.close();
        assertThat(await(sender.send(to(gone))).error()).containsIgnoringCase("refused");
    }

    /** Connected by address, and yet the certificate must be that of the name. */
    @Test
    void over_tls_the_certificate_must_be_trusted_and_that_of_the_host() {
        var certificate = SelfSignedCertificate.create("localhost");
        HttpServer server = await(STORES.vertx()
                .createHttpServer(new HttpServerOptions().setSsl(true).setKeyCertOptions(certificate.keyCertOptions()))
                .requestHandler(request -> request.response().setStatusCode(201).end())
                .listen(0, "127.0.0.1"));
        var trusting = new WebhookSender(
                STORES.vertx(),
                clock,
                box,
                settings,
                new HttpClientOptions().setTrustOptions(certificate.trustOptions()));
        String port = ":" + server.actualPort() + "/x";
        assertThat(await(trusting.send(to("https://localhost" + port)))).isEqualTo(new Outcome(201, null, null));
        assertThat(await(trusting.send(to("https://127.0.0.1" + port))).delivered())
                .as("the certificate names another host")
                .isFalse();
        assertThat(await(sender.send(to("https://localhost" + port))).delivered())
                .as("nobody trusts the certificate")
                .isFalse();
        await(trusting.close());
        await(server.close());
        certificate.delete();
    }

    @Test
    void a_receiver_that_asks_for_a_pause_gets_it() {
        HttpServer server = await(STORES.vertx()
                .createHttpServer()
                .requestHandler(request -> request.response()
                        .setStatusCode(429)
                        .putHeader("Retry-After", "120")
                        .end("x".repeat(100_000)))
                .listen(0, "127.0.0.1"));
        Outcome outcome = await(sender.send(to("http://127.0.0.1:" + server.actualPort())));
        assertThat(outcome).isEqualTo(new Outcome(429, "The receiver answered 429.", Duration.ofMinutes(2)));
        await(server.close());
    }
}
