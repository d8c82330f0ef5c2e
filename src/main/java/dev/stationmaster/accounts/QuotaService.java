package dev.stationmaster.accounts;

import dev.stationmaster.accounts.AccountMessages.QueueLimits;
import dev.stationmaster.costs.CostMessages;
import dev.stationmaster.jobs.JobMessages;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.config.Quantity;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Money;
import dev.stationmaster.platform.web.Role;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Quotas and budgets of users. */
final class QuotaService {
    private final QuotaStore store;
    private final UserService users;
    private final Bus bus;
    private final Clock clock;
    private final Quota defaults;

    QuotaService(QuotaStore store, UserService users, Bus bus, Clock clock, Quota defaults) {
        this.store = store;
        this.users = users;
        this.bus = bus;
        this.clock = clock;
        this.defaults = defaults;
    }

    Future<Quota> of(UUID userId) {
        return store.find(userId, defaults);
    }

    Future<List<AccountMessages.OwnerLimits>> owners(List<UUID> ids) {
        return store.owners(ids, defaults);
    }

    /** The quota with its user's name. */
    Future<JsonObject> get(Caller caller, String idOrName) {
        return users.find(idOrName).compose(user -> {
            if (!caller.role().covers(Role.OPERATOR) && !user.id().equals(caller.userId())) {
                return Future.failedFuture(new ApiException(
                        ErrorCode.FORBIDDEN, "You may see your own quota; operators see everybody's."));
            }
            return of(user.id()).compose(quota -> detailed(user, quota));
        });
    }

    /** What {@code body} leaves out stays as it is. */
    Future<JsonObject> put(Caller caller, String idOrName, JsonObject body) {
        return users.find(idOrName).compose(user -> of(user.id()).compose(before -> {
            Quota after = merged(before, body);
            var entry = new AuditEntry(
                    caller.actor(),
                    "quota.put",
                    "user/" + user.id(),
                    json(user, before).encode(),
                    json(user, after).encode(),
                    caller.requestId());
            return store.put(user.id(), after, clock.utc(), entry)
                    .recover(error -> Future.failedFuture(unknownQueue(error)))
                    .onSuccess(done -> bus.publish(new AccountMessages.QuotaChanged(user.id())))
                    .compose(done -> detailed(user, after));
        }));
    }

    private static Throwable unknownQueue(Throwable error) {
        return error instanceof QuotaStore.UnknownQueueException
                ? new ApiException(ErrorCode.INVALID_FIELD, "A queue that the body names is not there; make it first.")
                : error;
    }

    /** With what other features know: what is held now and what was spent. */
    private Future<JsonObject> detailed(User user, Quota quota) {
        var held = bus.request(new JobMessages.FindHeld(user.id()));
        var spent = bus.request(new CostMessages.FindSpend("user", user.id().toString()));
        return Future.all(held, spent).map(both -> {
            JobMessages.Held h = held.result();
            return json(user, quota)
                    .put("used", amounts(h.cpuMillis(), h.memoryBytes(), h.gpus(), h.storageBytes()))
                    .put("spent", Money.dollars(spent.result().nanos()));
        });
    }

    private static JsonObject amounts(long cpuMillis, long memoryBytes, int gpus, long storageBytes) {
        return new JsonObject()
                .put("cpu", Quantity.ofMillis(cpuMillis))
                .put("memory", Quantity.ofBytes(memoryBytes))
                .put("gpu", Integer.toString(gpus))
                .put("storage", Quantity.ofBytes(storageBytes));
    }

    private static Quota merged(Quota before, JsonObject body) {
        Long budget = before.budgetNanos();
        if (body.containsKey("budget_limit")) {
            Object value = body.getValue("budget_limit");
            budget = value == null ? null : Long.valueOf(Money.nanos(value));
        }
        return new Quota(
                body.containsKey("cpu") ? Quantity.parseMillis(body.getString("cpu")) : before.cpuMillis(),
                body.containsKey("memory") ? Quantity.parseWhole(body.getString("memory")) : before.memoryBytes(),
                body.containsKey("gpu") ? (int) Quantity.parseWhole(body.getString("gpu")) : before.gpus(),
                body.containsKey("storage") ? Quantity.parseWhole(body.getString("storage")) : before.storageBytes(),
                budget,
                body.containsKey("jobs") ? body.getLong("jobs") : before.jobs(),
                body.getDouble("weight", before.weight()),
                queues(before.queues(), body.getJsonObject("queues", new JsonObject())));
    }

    /** A queue that the body names is replaced, or removed by null; others stay. */
    private static List<QueueLimits> queues(List<QueueLimits> before, JsonObject body) {
        var after = new ArrayList<QueueLimits>();
        before.stream().filter(q -> !body.containsKey(q.queue())).forEach(after::add);
        for (String name : body.fieldNames()) {
            JsonObject l = body.getJsonObject(name);
            if (l != null) {
                after.add(new QueueLimits(
                        name,
                        l.containsKey("cpu") ? Quantity.parseMillis(l.getString("cpu")) : null,
                        l.containsKey("memory") ? Quantity.parseWhole(l.getString("memory")) : null,
                        l.containsKey("gpu") ? Quantity.parseWhole(l.getString("gpu")) : null,
                        l.containsKey("storage") ? Quantity.parseWhole(l.getString("storage")) : null,
                        l.getLong("jobs")));
            }
        }
        return after;
    }

    private static JsonObject queues(List<QueueLimits> limits) {
        var json = new JsonObject();
        for (QueueLimits q : limits) {
            var one = new JsonObject();
            if (q.cpuMillis() != null) {
                one.put("cpu", Quantity.ofMillis(q.cpuMillis()));
            }
            if (q.memoryBytes() != null) {
                one.put("memory", Quantity.ofBytes(q.memoryBytes()));
            }
            if (q.gpus() != null) {
                one.put("gpu", Long.toString(q.gpus()));
            }
            if (q.storageBytes() != null) {
                one.put("storage", Quantity.ofBytes(q.storageBytes()));
            }
            if (q.jobs() != null) {
                one.put("jobs", q.jobs());
            }
            json.put(q.queue(), one);
        }
        return json;
    }

    private static JsonObject json(User user, Quota quota) {
        return new JsonObject()
                .put("user_id", user.id().toString())
                .put("username", user.username())
                .put("limits", amounts(quota.cpuMillis(), quota.memoryBytes(), quota.gpus(), quota.storageBytes()))
                .put("jobs", quota.jobs())
                .put("weight", quota.weight())
                .put("queues", queues(quota.queues()))
                .put("budget_limit", Money.dollars(quota.budgetNanos()));
    }
}
