package dev.stationmaster.policies;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.platform.config.Problems;
import dev.stationmaster.policies.language.PolicyLanguage;
import dev.stationmaster.policies.language.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyFilesTest {
    private static final String GOOD = """
            name: no-gpus
            message: No GPUs here.
            expression: job.gpus == 0
            """;

    @TempDir
    Path folder;

    private final Problems problems = new Problems();

    private List<PolicyFile> read(String... texts) throws IOException {
        for (int i = 0; i < texts.length; i++) {
            Files.writeString(folder.resolve(i + ".yaml"), texts[i]);
        }
        return PolicyFiles.read(folder, problems);
    }

    private void problem(String text, int line, String reason) throws IOException {
        assertThat(read(text)).isEmpty();
        assertThat(problems.list()).anySatisfy(p -> assertThat(p)
                .startsWith(folder.resolve("0.yaml") + ":" + line + ": ")
                .contains(reason));
    }

    @Test
    void the_shipped_ones_are_off_and_make_sense() {
        List<PolicyFile> files = PolicyFiles.read(Path.of("conf/policies"), problems);
        assertThat(problems.list()).isEmpty();
        assertThat(files)
                .extracting(f -> f.draft().name())
                .containsExactly(
                        "allowed-registries",
                        "digest-pinning",
                        "gpu-users",
                        "max-duration",
                        "required-labels",
                        "working-hours");
        for (PolicyFile file : files) {
            assertThat(file.draft().enabled()).as(file.path()).isFalse();
            for (Target target : file.draft().appliesTo()) {
                assertThat(PolicyLanguage.compile(file.draft().expression(), target)
                                .faults())
                        .as(file.path())
                        .isEmpty();
            }
        }
    }

    @Test
    void what_is_left_out_is_a_job_policy_that_is_enforced() throws IOException {
        PolicyFile file = read(GOOD).get(0);
        assertThat(problems.list()).isEmpty();
        assertThat(file.draft())
                .isEqualTo(new PolicyDraft(
                        "no-gpus", null, "job.gpus == 0", "No GPUs here.", Mode.ENFORCE, List.of(Target.JOB), true));
    }

    @Test
    void all_problems_of_all_files_are_found_at_once() throws IOException {
        assertThat(read(GOOD + "mode: loud\nenabled: perhaps\napplies_to: [job, moon]\nexpresion: x\n", "- 1\n", GOOD))
                .hasSize(1);
        assertThat(problems.list()).hasSize(5);
        assertThat(String.join("\n", problems.list()))
                .contains("0.yaml:4: mode is enforce, warn or audit, not \"loud\"")
                .contains("0.yaml:5: enabled is true or false")
                .contains("0.yaml:6: applies_to is a list of agent and job, not \"moon\"")
                .contains("0.yaml:7: there is no key expresion")
                .contains("1.yaml:1: holds no policy");
    }

    @Test
    void a_fault_of_an_expression_has_its_line_in_the_file() throws IOException {
        problem(GOOD.replace("job.gpus", "job.gpu"), 3, "expression 1:4 undefined field 'gpu' (for jobs)");
    }

    @Test
    void also_in_a_block() throws IOException {
        problem("name: a\nmessage: m\nexpression: |\n  job.gpus == 0 &&\n  job.nope == 1\nmode: warn\n", 5, "'nope'");
    }

    @Test
    void bad_yaml_has_its_line() throws IOException {
        problem("name: a\nmessage: [\n", 2, "expected the node content");
    }

    @Test
    void a_name_is_given_once() throws IOException {
        assertThat(read(GOOD, GOOD)).hasSize(2);
        assertThat(problems.list()).hasSize(1).first().asString().contains("names a policy no-gpus as");
    }

    @Test
    void what_is_missing_or_odd_is_said() throws IOException {
        problem("name: Big Name\nexpression: 'true'\n", 1, "message is missing");
        assertThat(problems.list()).hasSize(2);
        problem("", 1, "holds no policy");
        problem(GOOD.replace("No GPUs", "x".repeat(2000)), 2, "longer than 1000");
        problem(GOOD + "name: again\n", 4, "there twice");
    }

    @Test
    void what_is_switched_off_may_be_unfinished() throws IOException {
        assertThat(read(GOOD.replace("job.gpus", "job.later") + "enabled: false\n"))
                .hasSize(1);
        assertThat(problems.list()).isEmpty();
    }
}
