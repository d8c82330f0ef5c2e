package dev.stationmaster.jobs.workers;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Which workers there are, and whether they take jobs. */
public final class WorkerService {
    /** Which form of the messages between worker and server this is. To be raised when an older worker can't go on. */
    public static final int PROTOCOL = 1;

    private final WorkerStore store;
    private final Clock clock;
    /** Withdraws what a worker offers; it offers again with its next poll if it may. */
    private final Function<String, Future<Void>> withdraw;
    /** Makes known what workers there are. */
    private final Supplier<Future<Void>> changed;

    public WorkerService(
            WorkerStore store, Clock clock, Function<String, Future<Void>> withdraw, Supplier<Future<Void>> changed) {
        this.changed = changed;
        this.store = store;
        this.clock = clock;
        this.withdraw = withdraw;
    }

    Future<List<RemoteWorker>> all() {
        return store.all();
    }

    Future<RemoteWorker> find(String name) {
        return store.find(name).map(found -> found.orElseThrow(() -> ApiException.notFound("worker", name)));
    }

    Future<RemoteWorker> register(Caller caller, String address, JsonObject body) {
        int protocol = body.getInteger("protocol");
        if (protocol != PROTOCOL) {
            return Future.failedFuture(new ApiException(
                    ErrorCode.WORKER_OUTDATED,
                    "This server speaks form " + PROTOCOL + " of the worker's messages, the worker " + protocol
                            + "; use a worker of the server's version."));
        }
        RemoteWorker wanted = read(caller, address, body);
        return store.register(
                        wanted,
                        entry(
                                caller,
                                "worker.register",
                                wanted.name(),
                                body.copy().encode()))
                .map(made -> made.orElseThrow(() -> new ApiException(
                        ErrorCode.NAME_TAKEN,
                        "The name " + wanted.name()
                                + " belongs to a server or to another account's worker; start it with --name OTHER.")))
                .compose(worker -> changed.get().map(worker));
    }

    private RemoteWorker read(Caller caller, String address, JsonObject body) {
        JsonObject c = body.getJsonObject("capacity");
        return new RemoteWorker(
                body.getString("name"),
                caller.userId(),
                caller.username(),
                WorkerState.ACTIVE,
                body.getString("version"),
                address,
                body.getJsonArray("runners").stream()
                        .map(Object::toString)
                        .distinct()
                        .toList(),
                body.getInteger("slots"),
                new Resources(
                        c.getLong("cpu_millis"),
                        c.getLong("memory_bytes"),
                        c.getInteger("gpus"),
                        c.getLong("storage_bytes")),
                body.getJsonArray("gpus", new JsonArray()),
                body.getJsonObject("labels", new JsonObject()),
                UUID.fromString(body.getString("session")),
                0,
                null,
                clock.utc(),
                clock.utc());
    }

    Future<RemoteWorker> change(Caller caller, String name, WorkerState state) {
        var entry = entry(
                caller,
                "worker." + state.wireName(),
                name,
                new JsonObject().put("state", state.wireName()).encode());
        return store.change(name, state, entry)
                .map(changed -> changed.orElseThrow(() -> ApiException.notFound("worker", name)))
                .compose(worker -> state == WorkerState.ACTIVE
                        ? Future.succeededFuture(worker)
                        : withdraw.apply(name).map(worker));
    }

    /** Its attempts are lost with it: nobody prolongs their leases any more. */
    Future<Void> remove(Caller caller, String name) {
        return store.delete(name, entry(caller, "worker.remove", name, null))
                .map(gone -> gone.orElseThrow(() -> ApiException.notFound("worker", name)))
                .compose(gone -> withdraw.apply(name));
    }

    /** It stops in order. */
    Future<Void> leave(Caller caller, String name) {
        return find(name)
                .compose(worker -> worker.ownerId().equals(caller.userId())
                        ? withdraw.apply(name)
                        : Future.failedFuture(ApiException.notFound("worker", name)));
    }

    private static AuditEntry entry(Caller caller, String action, String name, @Nullable String after) {
        return new AuditEntry(caller.actor(), action, "worker/" + name, null, after, caller.requestId());
    }
}
