package dev.stationmaster.jobs;

import dev.stationmaster.jobs.SubmitService.Accepted;
import dev.stationmaster.jobs.SubmitService.Ticket;
import dev.stationmaster.platform.db.IdempotencyStore;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Takes jobs that depend on each other, all or none, and looks after them together. Bound to one event loop. */
final class JobGraphService {
    private final SubmitService submit;
    private final JobService jobs;
    private final WaitReasons reasons;
    private final JobGraphStore store;
    private final JobWriter writer;
    private final Clock clock;

    JobGraphService(
            SubmitService submit,
            JobService jobs,
            WaitReasons reasons,
            JobGraphStore store,
            JobWriter writer,
            Clock clock) {
        this.submit = submit;
        this.jobs = jobs;
        this.reasons = reasons;
        this.store = store;
        this.writer = writer;
        this.clock = clock;
    }

    /** A graph with its jobs as they are now. */
    record View(JobGraph graph, List<Job> jobs) {
        JsonObject toJson() {
            return graph.toJson(jobs);
        }
    }

    Future<JobGraph> create(Caller caller, JsonObject body, Optional<String> key, String bodyText) {
        SubmitService.refuseNul(bodyText);
        Map<String, JsonObject> bodies = JobGraphBody.ordered(body);
        var once = key.map(k -> IdempotencyStore.Key.of(caller.userId(), "createJobGraph", k, bodyText));
        return once.map(store::earlier)
                .orElseGet(() -> Future.succeededFuture(Optional.empty()))
                .compose(earlier -> earlier.isPresent()
                        ? graph(earlier.get())
                        : make(caller, body.getString("name"), bodies, once));
    }

    private Future<JobGraph> make(
            Caller caller, String name, Map<String, JsonObject> bodies, Optional<IdempotencyStore.Key> once) {
        Map<String, UUID> ids = new LinkedHashMap<>();
        bodies.keySet().forEach(key -> ids.put(key, Ids.next()));
        var graph = new JobGraph(
                Ids.next(),
                name,
                caller.userId(),
                caller.username(),
                List.copyOf(ids.keySet()),
                List.copyOf(ids.values()),
                clock.utc());
        return checked(caller, graph, bodies, ids).compose(accepted -> writer.inLine(() -> store.insert(
                        caller, graph, accepted.stream().map(Accepted::job).toList(), once.orElse(null)))
                .compose(written -> written.jobs().isEmpty()
                        ? graph(written.graphId())
                        : told(written.jobs(), accepted).map(graph)));
    }

    /** Every check of a submission for each job. Says of all that can't run why, by where they stand in the body. */
    private Future<List<Accepted>> checked(
            Caller caller, JobGraph graph, Map<String, JsonObject> bodies, Map<String, UUID> ids) {
        Set<UUID> coming = Set.copyOf(ids.values());
        Map<String, Future<Accepted>> each = new LinkedHashMap<>();
        bodies.forEach((key, body) -> each.put(
                key,
                Future.succeededFuture(new Ticket(Objects.requireNonNull(ids.get(key)), graph.id(), null))
                        .compose(ticket -> submit.prepared(caller, JobGraphBody.single(body, ids), ticket))
                        .compose(wanted -> submit.checked(wanted, coming))));
        return Future.join(List.copyOf(each.values())).transform(done -> {
            if (done.succeeded()) {
                return Future.succeededFuture(
                        each.values().stream().map(Future::result).toList());
            }
            return Future.failedFuture(refusal(each));
        });
    }

    private static Throwable refusal(Map<String, Future<Accepted>> each) {
        Throwable first = null;
        String firstKey = "";
        var errors = new ArrayList<FieldError>();
        for (var entry : each.entrySet()) {
            Throwable cause = entry.getValue().cause();
            if (cause == null) {
                continue;
            }
            if (!(cause instanceof ApiException refused)) {
                return cause;
            }
            if (first == null) {
                first = cause;
                firstKey = entry.getKey();
            }
            errors.addAll(errors("/jobs/" + entry.getKey(), refused));
        }
        return first instanceof ApiException refused
                ? refused.code().status() >= 500
                        ? refused
                        : new ApiException(
                                refused.code(),
                                "Nothing was submitted, because of the job " + firstKey + ": " + refused.getMessage(),
                                errors)
                : new IllegalStateException("a check failed without a reason");
    }

    private static List<FieldError> errors(String pointer, ApiException refused) {
        return refused.errors().isEmpty()
                ? List.of(new FieldError(pointer, String.valueOf(refused.getMessage())))
                : refused.errors().stream()
                        .map(error -> new FieldError(pointer + error.pointer(), error.detail()))
                        .toList();
    }

    /** The rows are committed; whatever is not told or indexed now, the reconciler brings in. */
    private Future<Void> told(List<Job> written, List<Accepted> accepted) {
        var all = new ArrayList<Future<Job>>(written.size());
        for (int i = 0; i < written.size(); i++) {
            all.add(submit.accepted(written.get(i), accepted.get(i).verdict()));
        }
        return Future.join(all).mapEmpty();
    }

    private Future<JobGraph> graph(UUID id) {
        return store.find(id).map(found -> found.orElseThrow(() -> ApiException.notFound("graph of jobs", id)));
    }

    /** Whoever may not see all its jobs does not see it. */
    Future<View> view(Caller caller, UUID id) {
        return graph(id).compose(graph -> store.jobs(graph).compose(found -> {
            if (!found.stream().allMatch(job -> caller.maySeeAgent(job.agentId()))) {
                return Future.failedFuture(ApiException.notFound("graph of jobs", id));
            }
            return reasons.explained(found).map(explained -> new View(graph, explained));
        }));
    }

    /** Cancels what has not ended, and first those that wait for others: they must not fail for these. */
    Future<View> cancel(Caller caller, UUID id) {
        return graph(id)
                .compose(graph -> caller.mayChange(graph.ownerId())
                        ? cancel(caller, graph, graph.jobIds().size() - 1).compose(done -> view(caller, id))
                        : Future.failedFuture(new ApiException(
                                ErrorCode.FORBIDDEN,
                                "The graph " + id + " belongs to " + graph.owner() + "; ask them or an operator.")));
    }

    private Future<Void> cancel(Caller caller, JobGraph graph, int last) {
        return last < 0
                ? Future.succeededFuture()
                : jobs.cancel(caller, graph.jobIds().get(last))
                        .<Void>mapEmpty()
                        .recover(error -> error instanceof ApiException api && api.code() == ErrorCode.INVALID_STATE
                                ? Future.succeededFuture() // it has ended
                                : Future.failedFuture(error))
                        .compose(done -> cancel(caller, graph, last - 1));
    }
}
