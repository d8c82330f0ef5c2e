package dev.stationmaster.policies;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Reply;
import io.vertx.core.Future;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Operations of policies. */
final class PolicyRoutes {
    private final PolicyService policies;
    private final ComplianceService compliance;

    PolicyRoutes(PolicyService policies, ComplianceService compliance) {
        this.policies = policies;
        this.compliance = compliance;
    }

    Map<String, ApiHandler> handlers() {
        return Map.of(
                "listPolicies", this::list,
                "createPolicy", this::create,
                "getPolicy", this::get,
                "updatePolicy", this::update,
                "deletePolicy", this::delete,
                "dryRunPolicy", request -> compliance.dryRun(request.body()).map(Reply::ok),
                "getCompliance", this::report);
    }

    private Future<Reply> list(ApiRequest request) {
        return policies.list(request.limit(), request.cursor()).map(page -> Reply.ok(page.toJson(Policy::toJson)));
    }

    private Future<Reply> create(ApiRequest request) {
        return policies.create(request.caller(), request.body(), request.idempotencyKey(), request.bodyText())
                .map(policy -> Reply.created("/api/v1/policies/" + policy.id(), policy.toJson())
                        .etag(policy.version()));
    }

    private Future<Reply> get(ApiRequest request) {
        return policies.find(request.pathUuid("policy_id")).map(PolicyRoutes::answer);
    }

    private Future<Reply> update(ApiRequest request) {
        return policies.update(request.caller(), request.pathUuid("policy_id"), request.body(), request.ifMatch())
                .map(PolicyRoutes::answer);
    }

    private Future<Reply> delete(ApiRequest request) {
        return policies.delete(request.caller(), request.pathUuid("policy_id"), request.ifMatch())
                .map(done -> Reply.noContent());
    }

    private static Reply answer(Policy policy) {
        return Reply.ok(policy.toJson()).etag(policy.version());
    }

    private Future<Reply> report(ApiRequest request) {
        var filter = new ViolationStore.Filter(
                request.query("owner"),
                request.queryLong("agent_id"),
                request.query("policy"),
                time(request.query("since")));
        return compliance.report(filter, request.limit(), request.cursor()).map(Reply::ok);
    }

    private static @Nullable OffsetDateTime time(@Nullable String text) {
        try {
            return text == null ? null : OffsetDateTime.parse(text);
        } catch (DateTimeParseException e) {
            throw new ApiException(ErrorCode.BAD_REQUEST, "since is a time with a zone, such as 2026-11-20T08:00:00Z.");
        }
    }
}
