package dev.stationmaster.costs;

import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Page;
import dev.stationmaster.platform.web.Role;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What operators may do with budgets by period, and what everybody may see of them. */
final class BudgetService {
    private static final String EVERYONE = "everyone";
    /** Each costs a look every few seconds. */
    private static final int MOST = 1_000;

    private final BudgetStore store;
    private final Bus bus;
    private final Clock clock;

    BudgetService(BudgetStore store, Bus bus, Clock clock) {
        this.store = store;
        this.bus = bus;
        this.clock = clock;
    }

    Future<JsonObject> list(Caller caller, @Nullable UUID after, int limit) {
        OffsetDateTime now = clock.utc();
        return store.page(now, concerning(caller), after, limit + 1)
                .map(rows -> Page.of(rows, limit, Budget::id).toJson(budget -> budget.toJson(now)));
    }

    Future<Budget> visible(Caller caller, UUID id) {
        return store.find(clock.utc(), concerning(caller), id)
                .map(found -> found.orElseThrow(() -> ApiException.notFound("budget", id)));
    }

    JsonObject toJson(Budget budget) {
        return budget.toJson(clock.utc());
    }

    /** Operators see all; others what counts for their own jobs. */
    private static @Nullable UUID concerning(Caller caller) {
        return caller.role().covers(Role.OPERATOR) ? null : caller.userId();
    }

    Future<Budget> create(Caller caller, JsonObject body) {
        String scope = body.getString("scope");
        return scopeId(scope, body).compose(scopeId -> {
            OffsetDateTime now = clock.utc();
            BudgetUnit unit = BudgetUnit.of(body.getString("unit"));
            var budget = new Budget(
                    Ids.next(),
                    body.getString("name"),
                    scope,
                    scopeId,
                    null,
                    BudgetPeriod.of(body.getString("period")),
                    unit,
                    unit.stored(body.getValue("limit")),
                    OnExhaust.of(body.getString("on_exhaust", "block")),
                    0,
                    null,
                    1,
                    now,
                    now);
            return store.insert(budget, MOST, entry(caller, "budget.create", null, budget))
                    .recover(error -> nameTaken(error, budget.name()))
                    .compose(made -> made
                            ? read(budget.id())
                            : Future.failedFuture(new ApiException(
                                    ErrorCode.CONFLICT, "There are " + MOST + " budgets already; delete one first.")));
        });
    }

    private Future<String> scopeId(String scope, JsonObject body) {
        Object given = body.getValue("scope_id");
        if (EVERYONE.equals(scope)) {
            return given == null
                    ? Future.succeededFuture("")
                    : refused("A budget of everyone has no scope_id; leave it out.", "not for scope everyone");
        }
        if (given == null) {
            return refused("Say which " + scope + " the budget is for.", "required for scope " + scope);
        }
        return store.resolve(scope, given.toString()).compose(found -> found.map(Future::succeededFuture)
                .orElseGet(() ->
                        refused("There is no " + scope + " " + given + ".", "There is no " + scope + " " + given)));
    }

    private static Future<String> refused(String detail, String field) {
        return Future.failedFuture(
                new ApiException(ErrorCode.INVALID_FIELD, detail, List.of(new FieldError("/scope_id", field))));
    }

    private static Future<Boolean> nameTaken(Throwable error, String name) {
        return Future.failedFuture(
                Database.isUniqueViolation(error)
                        ? new ApiException(
                                ErrorCode.NAME_TAKEN, "There is a budget " + name + " already; choose another name.")
                        : error);
    }

    /** What {@code body} leaves out stays as it is. */
    Future<Budget> update(Caller caller, UUID id, JsonObject body, @Nullable Long ifMatch) {
        return visible(caller, id).compose(before -> {
            if (ifMatch != null && ifMatch != before.version()) {
                return Future.failedFuture(changedMeanwhile());
            }
            Budget after = before.changed(
                    body.getString("name", before.name()),
                    body.containsKey("limit") ? before.unit().stored(body.getValue("limit")) : before.limit(),
                    body.containsKey("on_exhaust") ? OnExhaust.of(body.getString("on_exhaust")) : before.onExhaust(),
                    clock.utc());
            return store.update(after, entry(caller, "budget.update", before, after))
                    .recover(error -> nameTaken(error, after.name()))
                    .compose(done -> done ? read(id) : Future.failedFuture(changedMeanwhile()));
        });
    }

    Future<Void> delete(Caller caller, UUID id) {
        return visible(caller, id)
                .compose(budget -> store.delete(id, entry(caller, "budget.delete", budget, null)))
                .onSuccess(done -> bus.publish(new CostMessages.BudgetsChanged()))
                .mapEmpty();
    }

    /** After a change: others hear of it, and the caller sees how it stands. */
    private Future<Budget> read(UUID id) {
        bus.publish(new CostMessages.BudgetsChanged());
        return store.find(clock.utc(), null, id)
                .map(found -> found.orElseThrow(() -> ApiException.notFound("budget", id)));
    }

    private static ApiException changedMeanwhile() {
        return new ApiException(ErrorCode.PRECONDITION_FAILED, "The budget was changed meanwhile; read it again.");
    }

    private static AuditEntry entry(Caller caller, String action, @Nullable Budget before, @Nullable Budget after) {
        Budget any = before == null ? after : before;
        return new AuditEntry(
                caller.actor(),
                action,
                "budget/" + (any == null ? "" : any.id()),
                before == null ? null : before.toJson().encode(),
                after == null ? null : after.toJson().encode(),
                caller.requestId());
    }
}
