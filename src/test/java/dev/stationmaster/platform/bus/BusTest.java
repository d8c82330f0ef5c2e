package dev.stationmaster.platform.bus;

import static dev.stationmaster.testing.TestStores.await;
import static dev.stationmaster.testing.TestStores.failure;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BusTest {
    interface Messages {
        record Told(String what) implements BusMessage {}

        record Ask(String what) implements Request<Answer> {}

        record Answer(String text) implements BusMessage {}
    }

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private Vertx vertx;
    private Bus bus;

    @BeforeEach
    void start() {
        vertx = Vertx.vertx();
        Bus.registerCodec(vertx, MessageTypes.of(List.of(Messages.class)));
        bus = new Bus(vertx, meters);
    }

    @AfterEach
    void stop() {
        await(vertx.close());
    }

    private static void assertFastFailure(long started) {
        assertThat((System.nanoTime() - started) / 1_000_000)
                .as("milliseconds")
                .isLessThan(3_000); // a silent timeout would take ten seconds
    }

    @Test
    void subscribers_get_the_very_object_that_was_published() {
        Promise<Messages.Told> got = Promise.promise();
        bus.on(Messages.Told.class, got::complete);
        var told = new Messages.Told("news");
        bus.publish(told);
        assertThat(await(got.future())).isSameAs(told);
    }

    @Test
    void every_subscriber_is_told() {
        Promise<Messages.Told> first = Promise.promise();
        Promise<Messages.Told> second = Promise.promise();
        bus.on(Messages.Told.class, first::complete);
        bus.on(Messages.Told.class, second::complete);
        bus.publish(new Messages.Told("news"));
        await(Future.all(first.future(), second.future()));
    }

    @Test
    void questions_are_answered_with_the_very_object() {
        var answer = new Messages.Answer("42");
        bus.answer(Messages.Ask.class, ask -> Future.succeededFuture(answer));
        assertThat(await(bus.request(new Messages.Ask("?")))).isSameAs(answer);
    }

    @Test
    void a_refusal_arrives_with_its_code_and_text() {
        bus.answer(
                Messages.Ask.class,
                ask -> Future.failedFuture(new ApiException(ErrorCode.BUDGET_REQUIRED, "Give it a: budget.")));
        Throwable refused = failure(bus.request(new Messages.Ask("?")));
        assertThat(refused).isInstanceOf(ApiException.class).hasMessage("Give it a: budget.");
        assertThat(((ApiException) refused).code()).isEqualTo(ErrorCode.BUDGET_REQUIRED);
        assertThat(meters.find("bus_failures").counter()).isNull(); // an answer, not a fault
    }

    @Test
    void a_handler_that_throws_answers_at_once_without_its_inner_text() {
        bus.answer(Messages.Ask.class, ask -> {
            throw new IllegalStateException("inner secret");
        });
        long started = System.nanoTime();
        Throwable failed = failure(bus.request(new Messages.Ask("?")));
        assertFastFailure(started);
        assertThat(((ApiException) failed).code()).isEqualTo(ErrorCode.INTERNAL);
        assertThat(failed).hasMessageNotContaining("inner secret");
        assertThat(meters.get("bus_failures").tag("message", "Ask").counter().count())
                .isEqualTo(1);
    }

    @Test
    void a_handler_that_fails_answers_at_once() {
        bus.answer(Messages.Ask.class, ask -> Future.failedFuture(new IllegalStateException("inner secret")));
        long started = System.nanoTime();
        Throwable failed = failure(bus.request(new Messages.Ask("?")));
        assertFastFailure(started);
        assertThat(((ApiException) failed).code()).isEqualTo(ErrorCode.INTERNAL);
    }

    @Test
    void a_question_that_nobody_answers_fails_at_once() {
        long started = System.nanoTime();
        Throwable failed = failure(bus.request(new Messages.Ask("?")));
        assertFastFailure(started);
        assertThat(failed).isInstanceOf(BusException.class);
        assertThat(((BusException) failed).code()).isEqualTo("no_handlers");
    }

    @Test
    void a_subscriber_that_throws_is_counted_and_hears_the_next() {
        Promise<Messages.Told> second = Promise.promise();
        bus.on(Messages.Told.class, told -> {
            if (told.what().equals("bad")) {
                throw new IllegalStateException("cannot hear this");
            }
            second.complete(told);
        });
        bus.publish(new Messages.Told("bad"));
        bus.publish(new Messages.Told("good"));
        assertThat(await(second.future()).what()).isEqualTo("good");
        assertThat(meters.get("bus_failures").tag("message", "Told").counter().count())
                .isEqualTo(1);
    }
}
