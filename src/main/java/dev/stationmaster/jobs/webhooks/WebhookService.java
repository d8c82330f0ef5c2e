package dev.stationmaster.jobs.webhooks;

import dev.stationmaster.agents.AgentMessages;
import dev.stationmaster.jobs.queues.QueueStore;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.security.SecretBox;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Page;
import dev.stationmaster.platform.web.Role;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What people may do with webhooks: developers hear of their own jobs, operators of all. */
final class WebhookService {
    private static final int MOST_OF_OWNER = 20;
    static final int MOST = 200;
    private static final Duration PREVIOUS_SIGNS = Duration.ofHours(24);

    private final WebhookStore store;
    private final QueueStore queues;
    private final SecretBox box;
    private final WebhooksSettings settings;
    private final Bus bus;
    private final Clock clock;

    WebhookService(
            WebhookStore store, QueueStore queues, SecretBox box, WebhooksSettings settings, Bus bus, Clock clock) {
        this.store = store;
        this.queues = queues;
        this.box = box;
        this.settings = settings;
        this.bus = bus;
        this.clock = clock;
    }

    /** Binds a sealed secret to its webhook. */
    static String context(UUID webhook) {
        return "webhook/" + webhook;
    }

    /** A webhook with its secret, which nobody sees again. */
    record WithSecret(Webhook webhook, String secret) {
        JsonObject toJson() {
            return webhook.toJson().put("secret", secret);
        }

        @Override
        public String toString() {
            return "WithSecret[" + webhook.id() + "]";
        }
    }

    Future<Page<Webhook>> list(Caller caller, @Nullable UUID after, int limit) {
        UUID owner = caller.role().covers(Role.OPERATOR) ? null : caller.userId();
        return store.page(after, owner, limit + 1).map(rows -> Page.of(rows, limit, Webhook::id));
    }

    /** Those of others are not there for who may not change them. */
    Future<Webhook> mine(Caller caller, UUID id) {
        return store.find(id).map(found -> found.filter(w -> caller.mayChange(w.ownerId()))
                .orElseThrow(() -> ApiException.notFound("webhook", id)));
    }

    Future<WithSecret> create(Caller caller, JsonObject body) {
        OffsetDateTime now = clock.utc();
        var wanted = new Webhook(
                Ids.next(),
                body.getString("name"),
                body.getString("url"),
                caller.userId(),
                caller.username(),
                strings(body.getJsonArray("events")),
                body.getString("queue"),
                body.getLong("agent_id"),
                jobOwner(caller, body.getString("job_owner")),
                true,
                null,
                null,
                1,
                now,
                now);
        String secret = WebhookSecret.next();
        return checked(caller, wanted)
                .compose(fits -> room(caller))
                .compose(room -> store.insert(
                        wanted, box.seal(secret, context(wanted.id())), entry(caller, "webhook.create", null, wanted)))
                .map(made -> new WithSecret(made.orElseThrow(() -> nameTaken(wanted)), secret));
    }

    private Future<Void> room(Caller caller) {
        return store.count(caller.userId())
                .compose(counts -> counts.ofOwner() < MOST_OF_OWNER && counts.all() < MOST
                        ? Future.succeededFuture()
                        : Future.failedFuture(new ApiException(
                                ErrorCode.CONFLICT,
                                "You may have " + MOST_OF_OWNER + " webhooks, and all together " + MOST
                                        + "; delete one first.")));
    }

    private static ApiException nameTaken(Webhook w) {
        return new ApiException(ErrorCode.NAME_TAKEN, "You have a webhook " + w.name() + " already.");
    }

    /** Developers hear of their own jobs only, whether they say so or not. */
    private static @Nullable String jobOwner(Caller caller, @Nullable String wanted) {
        if (caller.role().covers(Role.OPERATOR)) {
            return wanted;
        }
        if (wanted != null && !wanted.equals(caller.username())) {
            throw new ApiException(
                    ErrorCode.FORBIDDEN, "Only operators may hear of the jobs of others; leave job_owner out.");
        }
        return caller.username();
    }

    private Future<Void> checked(Caller caller, Webhook w) {
        WebhookUrl.check(w.url(), settings);
        Long agent = w.agentId();
        String queue = w.queue();
        Future<Boolean> agentThere = agent == null
                ? Future.succeededFuture(true)
                : bus.request(new AgentMessages.FindAgent(agent))
                        .map(found -> found.agent() != null && caller.maySeeAgent(agent));
        Future<Boolean> queueThere = queue == null
                ? Future.succeededFuture(true)
                : queues.find(queue).map(found -> found.isPresent());
        return Future.all(agentThere, queueThere).map(both -> {
            if (!agentThere.result()) {
                throw unknown("agent_id", "There is no agent " + agent);
            }
            if (!queueThere.result()) {
                throw unknown("queue", "There is no queue " + queue);
            }
            return null;
        });
    }

    private static ApiException unknown(String field, String detail) {
        return new ApiException(ErrorCode.INVALID_FIELD, detail + ".", List.of(new FieldError("/" + field, detail)));
    }

    /** What {@code body} leaves out stays as it is. */
    Future<Webhook> update(Caller caller, UUID id, JsonObject body, @Nullable Long ifMatch) {
        return mine(caller, id).compose(before -> {
            if (ifMatch != null && ifMatch != before.version()) {
                return Future.failedFuture(changedMeanwhile());
            }
            Webhook after = merged(caller, before, body);
            return checked(caller, after)
                    .compose(fits -> store.update(after, entry(caller, "webhook.update", before, after)))
                    .recover(error -> Future.failedFuture(Database.isUniqueViolation(error) ? nameTaken(after) : error))
                    .map(done -> done.orElseThrow(WebhookService::changedMeanwhile));
        });
    }

    private Webhook merged(Caller caller, Webhook before, JsonObject body) {
        boolean ownJobs = before.jobOwner() != null && before.jobOwner().equals(before.owner());
        return new Webhook(
                before.id(),
                body.getString("name", before.name()),
                body.getString("url", before.url()),
                before.ownerId(),
                before.owner(),
                body.containsKey("events") ? strings(body.getJsonArray("events")) : before.events(),
                body.containsKey("queue") ? body.getString("queue") : before.queue(),
                body.containsKey("agent_id") ? body.getLong("agent_id") : before.agentId(),
                body.containsKey("job_owner") || !ownJobs
                        ? jobOwner(
                                caller, body.containsKey("job_owner") ? body.getString("job_owner") : before.jobOwner())
                        : before.jobOwner(),
                body.getBoolean("enabled", before.enabled()),
                before.disabledReason(),
                before.failingSince(),
                before.version(),
                before.createdAt(),
                clock.utc());
    }

    /** The old secret signs as well for a day, so that receivers need not change at the same moment. */
    Future<WithSecret> rotate(Caller caller, UUID id) {
        String secret = WebhookSecret.next();
        OffsetDateTime now = clock.utc();
        return mine(caller, id)
                .compose(w -> store.rotate(
                        id,
                        box.seal(secret, context(id)),
                        now.plus(PREVIOUS_SIGNS),
                        now,
                        entry(caller, "webhook.rotate_secret", null, w)))
                .map(done -> new WithSecret(done.orElseThrow(() -> ApiException.notFound("webhook", id)), secret));
    }

    Future<Void> delete(Caller caller, UUID id) {
        return mine(caller, id)
                .compose(w -> store.delete(id, entry(caller, "webhook.delete", w, null)))
                .mapEmpty();
    }

    private static ApiException changedMeanwhile() {
        return new ApiException(ErrorCode.PRECONDITION_FAILED, "The webhook was changed meanwhile; read it again.");
    }

    private static List<String> strings(JsonArray array) {
        return array.stream().map(String::valueOf).distinct().toList();
    }

    static AuditEntry entry(Caller caller, String action, @Nullable Webhook before, @Nullable Webhook after) {
        Webhook any = before == null ? after : before;
        return new AuditEntry(
                caller.actor(),
                action,
                "webhook/" + (any == null ? "" : any.id()),
                before == null ? null : before.toAudit().encode(),
                after == null ? null : after.toAudit().encode(),
                caller.requestId());
    }
}
