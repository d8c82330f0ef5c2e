package dev.stationmaster.policies;

import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.Page;
import dev.stationmaster.policies.PolicyMessages.BrokenPolicy;
import dev.stationmaster.policies.language.Target;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Judges what is stored: who breaks what now, and what a policy that is not saved yet would say. Never changes anything.
 * Rules run on a worker thread, one report at a time for each gateway, because a report judges up to
 * {@value #MAX_SUBJECTS} agents and as many jobs.
 */
final class ComplianceService {
    static final int MAX_SUBJECTS = 500;
    private static final int MAX_EXAMPLES = 50;

    /** A thing and one policy it breaks. */
    private record Finding(Subject subject, BrokenPolicy broken) {
        JsonObject toJson() {
            return new JsonObject()
                    .put("policy", broken.policy())
                    .put("policy_id", broken.policyId().toString())
                    .put("mode", broken.mode())
                    .put("subject_kind", subject.kind())
                    .put("subject_id", subject.id())
                    .put("subject_name", subject.name())
                    .put("agent_id", subject.agentId())
                    .put("agent_version", subject.agentVersion())
                    .put("owner", subject.owner())
                    .put("message", broken.message());
        }
    }

    private final Vertx vertx;
    private final CurrentBook book;
    private final Subjects subjects;
    private final ViolationStore history;
    private final PolicyService policies;
    private final Clock clock;

    ComplianceService(
            Vertx vertx,
            CurrentBook book,
            Subjects subjects,
            ViolationStore history,
            PolicyService policies,
            Clock clock) {
        this.vertx = vertx;
        this.book = book;
        this.subjects = subjects;
        this.history = history;
        this.policies = policies;
        this.clock = clock;
    }

    /** The present standing, on the first page only, and a page of history. */
    Future<JsonObject> report(ViolationStore.Filter filter, int limit, @Nullable String cursor) {
        var page = history.page(filter, Page.numberCursor(cursor), limit + 1)
                .map(rows -> Page.of(rows, limit, Violation::seq));
        Future<@Nullable JsonObject> standing = cursor == null ? standing(filter) : Future.succeededFuture(null);
        return Future.all(page, standing)
                .map(both -> page.result().toJson(Violation::toJson).put("standing", standing.result()));
    }

    private Future<@Nullable JsonObject> standing(ViolationStore.Filter filter) {
        PolicyBook now = book.get();
        var wanted = new Subjects.Filter(filter.agentId(), filter.owner(), MAX_SUBJECTS + 1);
        var agents =
                now.count(Target.AGENT) == 0 ? Future.succeededFuture(List.<Subject>of()) : subjects.agents(wanted);
        var jobs =
                now.count(Target.JOB) == 0 ? Future.succeededFuture(List.<Subject>of()) : subjects.jobs(wanted, true);
        return Future.all(agents, jobs)
                .compose(both -> vertx.executeBlocking(() -> {
                    var findings = new ArrayList<Finding>(judge(now, Target.AGENT, agents.result()));
                    findings.addAll(judge(now, Target.JOB, jobs.result()));
                    List<Finding> kept = findings.stream()
                            .filter(f -> filter.policy() == null
                                    || f.broken().policy().equals(filter.policy()))
                            .toList();
                    var items = new JsonArray();
                    kept.stream().limit(MAX_SUBJECTS).forEach(f -> items.add(f.toJson()));
                    return new JsonObject()
                            .put("agents_checked", Math.min(agents.result().size(), MAX_SUBJECTS))
                            .put("jobs_checked", Math.min(jobs.result().size(), MAX_SUBJECTS))
                            .put(
                                    "complete",
                                    agents.result().size() <= MAX_SUBJECTS
                                            && jobs.result().size() <= MAX_SUBJECTS
                                            && kept.size() <= MAX_SUBJECTS)
                            .put("items", items);
                }));
    }

    /** Fails with POLICY_INVALID. Judges at most {@code limit} of the newest agents and of the newest jobs each. */
    Future<JsonObject> dryRun(JsonObject body) {
        var draft = new PolicyDraft(
                "dry-run",
                null,
                body.getString("expression"),
                body.getString("message", "Not allowed by this expression."),
                Mode.ENFORCE,
                PolicyDraft.targets(body.getJsonArray("applies_to", new JsonArray().add("job"))),
                true);
        var wanted = new Subjects.Filter(null, null, body.getInteger("limit", MAX_SUBJECTS));
        var now = clock.utc();
        var policy = new Policy(Ids.next(), draft, null, 1, "", now, now);
        Future<List<Subject>> none = Future.succeededFuture(List.of());
        return policies.checked(draft).compose(valid -> {
            var agents = policy.appliesTo(Target.AGENT) ? subjects.agents(wanted) : none;
            var jobs = policy.appliesTo(Target.JOB) ? subjects.jobs(wanted, false) : none;
            return Future.all(agents, jobs)
                    .compose(both -> vertx.executeBlocking(() -> {
                        PolicyBook tried = PolicyBook.compile(List.of(policy), PolicyBook.EMPTY);
                        return new JsonObject()
                                .put("agents", summary(tried, Target.AGENT, agents.result()))
                                .put("jobs", summary(tried, Target.JOB, jobs.result()));
                    }));
        });
    }

    private static JsonObject summary(PolicyBook book, Target target, List<Subject> subjects) {
        List<Finding> findings = judge(book, target, subjects);
        var examples = new JsonArray();
        findings.stream().limit(MAX_EXAMPLES).forEach(f -> {
            JsonObject json = f.toJson();
            List.of("policy", "policy_id", "mode").forEach(json::remove);
            examples.add(json);
        });
        return new JsonObject()
                .put("checked", subjects.size())
                .put("allowed", subjects.size() - findings.size())
                .put("violating", findings.size())
                .put("examples", examples);
    }

    private static List<Finding> judge(PolicyBook book, Target target, List<Subject> subjects) {
        var findings = new ArrayList<Finding>();
        for (Subject subject : subjects.subList(0, Math.min(subjects.size(), MAX_SUBJECTS))) {
            book.judge(target, subject.facts().get()).forEach(broken -> findings.add(new Finding(subject, broken)));
        }
        return findings;
    }
}
