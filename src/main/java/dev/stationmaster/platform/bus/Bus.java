package dev.stationmaster.platform.bus;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The event bus with types: the address of a message is its record class. Thread-safe; handlers run on the context that
 * registered them. A handler that throws or fails answers the sender at once and is counted and logged.
 */
public final class Bus {
    private static final Logger LOG = LoggerFactory.getLogger(Bus.class);
    private static final long REQUEST_TIMEOUT_MS = 10_000;
    /** Between the error code and the text of a failed answer. */
    private static final String SEPARATOR = ": ";

    private final EventBus eventBus;
    private final MeterRegistry meters;
    private final Map<String, Counter> failures = new ConcurrentHashMap<>();

    public Bus(Vertx vertx, MeterRegistry meters) {
        this.eventBus = vertx.eventBus();
        this.meters = meters;
    }

    /** Registers the one codec. Call once for each Vert.x, before any message is sent. */
    public static void registerCodec(Vertx vertx, MessageTypes types) {
        vertx.eventBus().registerCodec(new BusCodec(types));
        vertx.eventBus().codecSelector(body -> body instanceof BusMessage ? BusCodec.NAME : "");
    }

    /** Tells every subscriber; publish after commit. */
    public void publish(BusMessage fact) {
        eventBus.publish(address(fact.getClass()), fact);
    }

    /** Asks the one feature that answers this type; fails with {@link ApiException} or {@link BusException}. */
    @SuppressWarnings("unchecked")
    public <R extends BusMessage> Future<R> request(Request<R> question) {
        return eventBus.request(
                        address(question.getClass()), question, new DeliveryOptions()
                                .setSendTimeout(REQUEST_TIMEOUT_MS)
                                .setLocalOnly(true)) // every node runs every feature
                .map(reply -> (R) reply.body())
                .recover(error -> Future.failedFuture(translate(question, error)));
    }

    /** Subscribes to a fact. */
    @CanIgnoreReturnValue
    public <M extends BusMessage> MessageConsumer<M> on(Class<M> type, Consumer<M> handler) {
        return eventBus.<M>consumer(address(type)).handler(message -> {
            try {
                handler.accept(message.body());
            } catch (RuntimeException e) {
                count(type);
                LOG.error("A subscriber of {} failed", address(type), e);
            }
        });
    }

    /** Answers a question. */
    @CanIgnoreReturnValue
    public <R extends BusMessage, Q extends Request<R>> MessageConsumer<Q> answer(
            Class<Q> type, Function<Q, Future<R>> handler) {
        return eventBus.<Q>consumer(address(type)).handler(message -> {
            try {
                handler.apply(message.body()).onSuccess(message::reply).onFailure(e -> fail(type, message, e));
            } catch (RuntimeException e) {
                fail(type, message, e);
            }
        });
    }

    static String address(Class<?> type) {
        return type.getName();
    }

    private void fail(Class<?> type, Message<?> message, Throwable error) {
        if (error instanceof ApiException api) {
            message.fail(api.code().status(), api.code().name() + SEPARATOR + api.getMessage());
            return;
        }
        count(type);
        LOG.error("Answering {} failed", address(type), error);
        message.fail(500, ErrorCode.INTERNAL.name() + SEPARATOR + "The request could not be answered; see the log.");
    }

    private void count(Class<?> type) {
        failures.computeIfAbsent(
                        type.getSimpleName(),
                        name -> Counter.builder("bus_failures")
                                .tag("message", name)
                                .description("Handlers of bus messages that failed")
                                .register(meters))
                .increment();
    }

    private static Throwable translate(Request<?> question, Throwable error) {
        if (error instanceof ReplyException reply) {
            return switch (reply.failureType()) {
                case RECIPIENT_FAILURE -> apiException(String.valueOf(reply.getMessage()));
                case NO_HANDLERS -> new BusException("no_handlers", "Nobody answers " + address(question.getClass()));
                default -> new BusException("timeout", address(question.getClass()) + " was not answered in time");
            };
        }
        return error;
    }

    private static ApiException apiException(String text) {
        int cut = text.indexOf(SEPARATOR);
        return cut < 0
                ? new ApiException(ErrorCode.INTERNAL, text)
                : new ApiException(ErrorCode.valueOf(text.substring(0, cut)), text.substring(cut + SEPARATOR.length()));
    }
}
