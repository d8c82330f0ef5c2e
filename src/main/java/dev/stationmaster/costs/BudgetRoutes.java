package dev.stationmaster.costs;

import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.Page;
import dev.stationmaster.platform.web.Reply;
import io.vertx.core.Future;
import java.util.Map;
import java.util.UUID;

/** Operations of budgets. */
final class BudgetRoutes {
    private final BudgetService budgets;

    BudgetRoutes(BudgetService budgets) {
        this.budgets = budgets;
    }

    Map<String, ApiHandler> handlers() {
        return Map.of(
                "listBudgets", this::list,
                "createBudget", this::create,
                "getBudget", this::get,
                "updateBudget", this::update,
                "deleteBudget", this::delete);
    }

    private static UUID id(ApiRequest request) {
        return request.pathUuid("budget_id");
    }

    private Future<Reply> list(ApiRequest request) {
        return budgets.list(request.caller(), Page.uuidCursor(request.cursor()), request.limit())
                .map(Reply::ok);
    }

    private Future<Reply> create(ApiRequest request) {
        return budgets.create(request.caller(), request.body())
                .map(b -> Reply.created("/api/v1/budgets/" + b.id(), budgets.toJson(b))
                        .etag(b.version()));
    }

    private Future<Reply> get(ApiRequest request) {
        return budgets.visible(request.caller(), id(request)).map(this::reply);
    }

    private Future<Reply> update(ApiRequest request) {
        return budgets.update(request.caller(), id(request), request.body(), request.ifMatch())
                .map(this::reply);
    }

    private Reply reply(Budget budget) {
        return Reply.ok(budgets.toJson(budget)).etag(budget.version());
    }

    private Future<Reply> delete(ApiRequest request) {
        return budgets.delete(request.caller(), id(request)).map(done -> Reply.noContent());
    }
}
