package dev.stationmaster.policies;

import dev.stationmaster.platform.db.GroupCommit;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.policies.PolicyMessages.BrokenPolicy;
import dev.stationmaster.policies.PolicyMessages.PolicyVerdict;
import dev.stationmaster.policies.PolicyMessages.RecordAccepted;
import dev.stationmaster.policies.language.Target;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges what is about to be saved and keeps the history. Bound to one event loop, on which small things are judged,
 * because that has a small bound (see {@code PolicyLanguage}); large ones go to a worker thread.
 */
final class AdmissionService {
    private static final Logger LOG = LoggerFactory.getLogger(AdmissionService.class);
    private static final int MAX_BATCH = 256;
    private static final int MAX_WAITING = 10_000;
    /** Characters up to which the event loop may judge. */
    private static final int SMALL = 1_024;

    private static final long SLOW_NANOS = 20_000_000;

    private final Vertx vertx;
    private final CurrentBook book;
    private final Subjects subjects;
    private final Clock clock;
    private final GroupCommit<Violation, Violation> history;

    AdmissionService(Vertx vertx, CurrentBook book, Subjects subjects, ViolationStore store, Clock clock) {
        this.vertx = vertx;
        this.book = book;
        this.subjects = subjects;
        this.clock = clock;
        this.history = new GroupCommit<>(MAX_BATCH, MAX_WAITING, store::insert);
    }

    Future<PolicyVerdict> checkJob(PolicyMessages.CheckJob question) {
        return subjects.job(question.agent(), question.job()).compose(subject -> check(Target.JOB, subject));
    }

    Future<PolicyVerdict> checkAgent(PolicyMessages.CheckAgent question) {
        return book.get().count(Target.AGENT) == 0
                ? Future.succeededFuture(verdict(List.of()))
                : subjects.agent(question.agent()).compose(subject -> check(Target.AGENT, subject));
    }

    private Future<PolicyVerdict> check(Target target, Subject subject) {
        PolicyBook now = book.get();
        return subject.size() <= SMALL
                ? settle(subject, judge(now, target, subject))
                : vertx.executeBlocking(() -> judge(now, target, subject), false)
                        .compose(verdict -> settle(subject, verdict));
    }

    private PolicyVerdict judge(PolicyBook now, Target target, Subject subject) {
        long started = clock.nanos();
        PolicyVerdict verdict = verdict(now.judge(target, subject.facts().get()));
        long took = clock.nanos() - started;
        if (took > SLOW_NANOS) {
            LOG.warn("Judging {} {} took {} ms: simplify the policies", subject.kind(), subject.name(), took / 1e6);
        }
        return verdict;
    }

    private Future<PolicyVerdict> settle(Subject subject, PolicyVerdict verdict) {
        if (verdict.refusals().isEmpty()) {
            return Future.succeededFuture(verdict);
        }
        // refused all the same when history can't be written
        return Future.join(verdict.refusals().stream()
                        .map(broken -> history.add(refused(subject, broken)))
                        .toList())
                .onFailure(e -> LOG.error("A refusal is not on record: {}", e.toString()))
                .transform(done -> Future.succeededFuture(verdict));
    }

    private Violation refused(Subject subject, BrokenPolicy broken) {
        boolean exists = "agent".equals(subject.kind()) && subject.id() != null;
        return new Violation(
                0,
                clock.utc(),
                broken,
                subject.kind(),
                exists ? subject.id() : null,
                subject.name(),
                subject.agentId(),
                subject.ownerId(),
                subject.owner(),
                true);
    }

    private static PolicyVerdict verdict(List<BrokenPolicy> broken) {
        List<BrokenPolicy> refusals = of(Mode.ENFORCE, broken);
        String refusal = refusals.isEmpty()
                ? null
                : "Refused by " + (refusals.size() == 1 ? "a safety policy" : refusals.size() + " safety policies")
                        + ". "
                        + refusals.stream()
                                .map(b -> b.policy() + ": " + b.message())
                                .collect(Collectors.joining(" "));
        return new PolicyVerdict(refusal, refusals, of(Mode.WARN, broken), of(Mode.AUDIT, broken));
    }

    private static List<BrokenPolicy> of(Mode mode, List<BrokenPolicy> broken) {
        return broken.stream().filter(b -> b.mode().equals(mode.wireName())).toList();
    }

    Future<PolicyMessages.Recorded> record(RecordAccepted accepted) {
        return Future.all(accepted.broken().stream()
                        .map(broken -> history.add(new Violation(
                                0,
                                clock.utc(),
                                broken,
                                accepted.kind(),
                                accepted.subjectId(),
                                accepted.subjectName(),
                                accepted.agentId(),
                                accepted.ownerId(),
                                accepted.owner(),
                                false)))
                        .toList())
                .map(done -> new PolicyMessages.Recorded(done.size()));
    }
}
