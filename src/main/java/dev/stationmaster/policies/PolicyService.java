package dev.stationmaster.policies;

import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.IdempotencyStore;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Page;
import dev.stationmaster.policies.language.PolicyLanguage;
import dev.stationmaster.policies.language.Target;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rules of policies: what may be saved, and that a saved change is in effect before it is answered. Stateless. */
final class PolicyService {
    private static final Logger LOG = LoggerFactory.getLogger(PolicyService.class);

    private final Vertx vertx;
    private final PolicyStore store;
    private final Bus bus;
    private final Clock clock;

    PolicyService(Vertx vertx, PolicyStore store, Bus bus, Clock clock) {
        this.vertx = vertx;
        this.store = store;
        this.bus = bus;
        this.clock = clock;
    }

    Future<Page<Policy>> list(int limit, @Nullable String cursor) {
        return store.page(cursor == null ? "" : cursor, limit + 1).map(rows -> Page.of(rows, limit, Policy::name));
    }

    Future<Policy> find(UUID id) {
        return store.byId(id).map(found -> found.orElseThrow(() -> ApiException.notFound("policy", id)));
    }

    Future<Policy> create(Caller caller, JsonObject body, Optional<String> key, String bodyText) {
        var now = clock.utc();
        var policy = new Policy(Ids.next(), PolicyDraft.of(body), null, 1, caller.username(), now, now);
        var idempotency = key.map(k -> IdempotencyStore.Key.of(caller.userId(), "createPolicy", k, bodyText))
                .orElse(null);
        return checked(policy.draft())
                .compose(done -> store.insert(policy, idempotency, entry(caller, "policy.create", null, policy)))
                .compose(earlier -> inEffect().map(earlier))
                .compose(earlier -> find(earlier.map(UUID::fromString).orElse(policy.id())));
    }

    Future<Policy> update(Caller caller, UUID id, JsonObject body, @Nullable Long ifMatch) {
        return changeable(id, ifMatch).compose(before -> {
            var after = new Policy(
                    id,
                    before.draft().with(body),
                    null,
                    before.version() + 1,
                    before.createdBy(),
                    before.createdAt(),
                    clock.utc());
            return checked(after.draft())
                    .compose(done -> store.update(after, entry(caller, "policy.update", before, after)))
                    .compose(done -> inEffect())
                    .map(after);
        });
    }

    Future<Void> delete(Caller caller, UUID id, @Nullable Long ifMatch) {
        return changeable(id, ifMatch)
                .compose(before -> store.delete(id, before.version(), entry(caller, "policy.delete", before, null)))
                .compose(done -> inEffect());
    }

    private Future<Policy> changeable(UUID id, @Nullable Long ifMatch) {
        return find(id).map(policy -> {
            if (policy.file() != null) {
                throw new ApiException(
                        ErrorCode.INVALID_STATE,
                        "This policy comes from the file " + policy.file()
                                + ": change it there and start the server again.");
            }
            if (ifMatch != null && ifMatch != policy.version()) {
                throw PolicyStore.changedMeanwhile();
            }
            return policy;
        });
    }

    /** Fails with POLICY_INVALID, which names every fault with its place. */
    Future<Void> checked(PolicyDraft draft) {
        return checked(draft.expression(), draft.appliesTo());
    }

    Future<Void> checked(String expression, List<Target> targets) {
        return vertx.executeBlocking(
                () -> {
                    var errors = new ArrayList<FieldError>();
                    for (Target target : targets) {
                        PolicyLanguage.compile(expression, target)
                                .faults()
                                .forEach(fault -> errors.add(new FieldError(
                                        "/expression",
                                        fault.line() + ":" + fault.column() + " " + fault.message() + " (for "
                                                + target.wireName() + "s)")));
                    }
                    if (!errors.isEmpty()) {
                        throw new ApiException(
                                ErrorCode.POLICY_INVALID,
                                "The expression can't be used; errors name line:column and what is wrong there.",
                                errors);
                    }
                    return null;
                },
                false);
    }

    /** Here before the caller is answered; other nodes follow at once, or at the latest with their next look. */
    private Future<Void> inEffect() {
        return bus.request(new PolicyMessages.ReloadPolicies())
                .onComplete(done -> bus.publish(new PolicyMessages.PoliciesEdited()))
                .onFailure(e -> LOG.warn("Policies changed and are not in effect yet: {}", e.toString()))
                .transform(done -> Future.succeededFuture());
    }

    private static AuditEntry entry(Caller caller, String action, @Nullable Policy before, @Nullable Policy after) {
        Policy any = after == null ? before : after;
        return new AuditEntry(
                caller.actor(),
                action,
                "policy/" + (any == null ? "" : any.name()),
                before == null ? null : before.toJson().encode(),
                after == null ? null : after.toJson().encode(),
                caller.requestId());
    }
}
