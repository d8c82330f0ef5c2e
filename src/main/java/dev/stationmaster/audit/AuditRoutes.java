package dev.stationmaster.audit;

import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.Reply;
import io.vertx.core.Future;
import java.util.Map;

/** Operations of the audit log: the whole feature, for it keeps no state and needs no timer. */
public final class AuditRoutes {
    private final AuditService service;

    public AuditRoutes(Database database) {
        this.service = new AuditService(new AuditStore(database));
    }

    public Map<String, ApiHandler> handlers() {
        return Map.of("listAudit", this::list, "verifyAudit", this::verify);
    }

    private Future<Reply> list(ApiRequest request) {
        var filter = new AuditStore.Filter(request.query("actor"), request.query("action"), request.query("target"));
        return service.list(filter, request.limit(), request.cursor())
                .map(page -> Reply.ok(page.toJson(AuditRecord::toJson)));
    }

    private Future<Reply> verify(ApiRequest request) {
        return service.verify().map(found -> Reply.ok(found.toJson()));
    }
}
