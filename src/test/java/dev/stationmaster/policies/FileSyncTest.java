package dev.stationmaster.policies;

import static dev.stationmaster.testing.TestStores.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.policies.PolicyMessages.BrokenPolicy;
import dev.stationmaster.policies.language.Target;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.TestStores;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Files become rows, and history has an end. */
class FileSyncTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    private static final ViolationStore.Filter ALL = new ViolationStore.Filter(null, null, null, null);

    private final ManualClock clock = new ManualClock();
    private final PolicyStore store = new PolicyStore(STORES.database(), new AuditTrail(clock));

    @BeforeEach
    void empty() {
        STORES.sql("TRUNCATE policies, policy_violations");
    }

    private static PolicyDraft draft(String name, String expression) {
        return new PolicyDraft(name, null, expression, "No.", Mode.ENFORCE, List.of(Target.JOB), true);
    }

    private int sync(boolean folder, PolicyFile... files) {
        var settings = new PoliciesSettings(folder, List.of(files), Duration.ofDays(1));
        return await(new FileSync(settings, store, clock).run());
    }

    private List<Policy> stored() {
        return await(store.page("", 500));
    }

    @Test
    void new_changed_and_removed_files_are_followed_and_nothing_else_is_written() {
        var a = new PolicyFile("conf/a.yaml", draft("a", "true"));
        var b = new PolicyFile("conf/b.yaml", draft("b", "true"));
        assertThat(sync(true, a, b)).isEqualTo(2);
        assertThat(sync(true, a, b)).isZero();
        UUID id = stored().get(0).id();
        assertThat(sync(true, new PolicyFile("conf/a.yaml", draft("a", "false"))))
                .isEqualTo(2);
        assertThat(stored()).hasSize(1);
        Policy after = stored().get(0);
        assertThat(after.id()).isEqualTo(id);
        assertThat(after.version()).isEqualTo(2);
        assertThat(after.draft().expression()).isEqualTo("false");
        assertThat(STORES.sql("SELECT action, actor FROM audit_log ORDER BY seq DESC LIMIT 4"))
                .extracting(row -> row.getString(0) + " " + row.getString(1))
                .containsExactly(
                        "policy.delete system", "policy.update system", "policy.create system", "policy.create system");
    }

    @Test
    void a_lost_folder_lifts_no_rules() {
        sync(true, new PolicyFile("conf/a.yaml", draft("a", "true")));
        assertThat(sync(false)).isZero();
        assertThat(stored()).hasSize(1);
        assertThat(sync(true)).isEqualTo(1);
        assertThat(stored()).isEmpty();
    }

    @Test
    void a_file_takes_a_name_over_and_leaves_other_policies_alone() {
        var now = clock.utc();
        for (String name : List.of("mine", "shared")) {
            var policy = new Policy(Ids.next(), draft(name, "true"), null, 1, "ann", now, now);
            await(store.sync(all -> new PolicyStore.FileChanges(List.of(policy), List.of(), List.of(), List.of())));
        }
        assertThat(sync(true, new PolicyFile("conf/shared.yaml", draft("shared", "false"))))
                .isEqualTo(1);
        assertThat(stored()).extracting(Policy::name).containsExactly("mine", "shared");
        assertThat(stored().get(0).file()).isNull();
        assertThat(stored().get(1).file()).isEqualTo("conf/shared.yaml");
        assertThat(stored().get(1).draft().expression()).isEqualTo("false");
    }

    @Test
    void a_stored_expression_that_no_longer_fits_refuses_and_says_so() {
        sync(true, new PolicyFile("conf/a.yaml", draft("a", "job.once_known == 1")));
        PolicyBook book = PolicyBook.compile(await(store.enabled()), PolicyBook.EMPTY);
        assertThat(book.judge(Target.JOB, java.util.Map.of()))
                .singleElement()
                .extracting(BrokenPolicy::message)
                .asString()
                .contains("undefined field 'once_known'");
    }

    @Test
    void old_history_is_deleted() {
        var history = new ViolationStore(STORES.database());
        var broken = new BrokenPolicy(Ids.next(), "a", "warn", "No.");
        for (int day = 0; day < 3; day++) {
            await(history.insert(List.of(
                    new Violation(0, clock.utc(), broken, "job", "id", "name " + day, 7L, Ids.next(), "ann", false))));
            clock.advance(Duration.ofDays(1));
        }
        await(history.purge(clock.utc().minusDays(2)));
        assertThat(await(history.page(ALL, null, 10)))
                .extracting(Violation::subjectName)
                .containsExactly("name 2", "name 1");
    }
}
