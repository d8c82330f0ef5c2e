package dev.stationmaster.policies.language;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyLanguageTest {
    private static final String DIGEST = "@sha256:" + "0a".repeat(32);

    private final Map<String, Object> job = new HashMap<>(
            Map.of("name", "run", "gpus", 2L, "cpu", 0.5, "memory_bytes", 1L << 30, "labels", Map.of("team", "x")));

    private Map<String, Object> facts() {
        return Map.of(
                "agent", Map.of("id", 1L, "name", "a", "type", "research", "labels", Map.of()),
                "version", Map.of("docker_image", "gcr.io/a/b:1", "command", List.of("python3", "train.py")),
                "owner", Map.of("username", "ann", "role", "developer"),
                "now", Instant.parse("2026-11-20T17:30:00Z"),
                "job", job);
    }

    private Outcome judge(String expression) {
        var compiled = PolicyLanguage.compile(expression, Target.JOB);
        assertThat(compiled.faults()).isEmpty();
        return compiled.rule().judge(facts());
    }

    private static List<Fault> faults(String expression, Target target) {
        var compiled = PolicyLanguage.compile(expression, target);
        assertThat(compiled.rule()).isNull();
        return compiled.faults();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "job.gpus <= 2",
                "job.cpu <= 1",
                "job.memory_bytes <= quantity('1Gi')",
                "!has(job.timeout_seconds)",
                "job.?timeout_seconds.orValue(7) == 7",
                "registry(version.docker_image) == 'gcr.io'",
                "!digest_pinned(version.docker_image)",
                "now.getHours('Europe/Berlin') == 18",
                "version.command.exists(c, c.matches('^python'))",
                "'team' in job.labels && job.labels.team == 'x'",
                "job.timeout_seconds < 5 || true"
            })
    void says_yes(String expression) {
        assertThat(judge(expression)).isEqualTo(new Outcome(true, null));
    }

    @Test
    void says_no() {
        assertThat(judge("job.gpus < 2")).isEqualTo(new Outcome(false, null));
    }

    @Test
    void absent_is_neither_zero_nor_allowed() {
        Outcome outcome = judge("job.timeout_seconds <= 3600");
        assertThat(outcome.allowed()).isFalse();
        assertThat(outcome.undecided()).isEqualTo("timeout_seconds is not given, or too large to be judged");
        assertThat(judge("job.labels.project == 'x'").undecided()).startsWith("project is not given");
    }

    @Test
    void a_result_that_is_no_truth_is_undecided() {
        job.put("hyperparameters", JsonValues.of("{\"flag\": \"yes\", \"epochs\": 3, \"none\": null, \"l\": [null]}"));
        assertThat(judge("job.hyperparameters.flag").undecided()).contains("neither true nor false");
        assertThat(judge("job.hyperparameters.epochs == 3 && job.hyperparameters.epochs < 3.5")
                        .allowed())
                .isTrue();
        assertThat(judge("!has(job.hyperparameters.none) && job.hyperparameters.l[0] == null")
                        .allowed())
                .isTrue();
        assertThat(judge("1 / 0 == 1").undecided()).contains("zero");
        assertThat(judge("now.getHours('Nowhere') == 1").undecided()).contains("Nowhere");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            job.gpuss > 1             | 1 | 4  | undefined field 'gpuss'
            has(job.nope)             | 1 | 4  | undefined field 'nope'
            job.gpus                  | 1 | 4  | expected type 'bool' but found 'int'
            job.gpus == 'two'         | 1 | 10 | no matching overload
            jobs.gpus == 1            | 1 | 1  | undeclared reference to 'jobs'
            1 +                       | 1 | 4  | mismatched input
            system('rm')              | 1 | 7  | undeclared reference to 'system'
            job.name.matches('(')     | 1 | 18 | Regex
            """)
    void faults_have_a_place(String expression, int line, int column, String message) {
        Fault fault = faults(expression, Target.JOB).get(0);
        assertThat(fault.message()).contains(message);
        assertThat(fault.line() + ":" + fault.column()).isEqualTo(line + ":" + column);
    }

    @Test
    void lines_are_counted() {
        assertThat(faults("true &&\n  job.nope == 1", Target.JOB).get(0).line()).isEqualTo(2);
    }

    @Test
    void a_policy_for_agents_can_not_speak_of_a_job() {
        assertThat(faults("job.gpus == 1", Target.AGENT).get(0).message()).contains("applies to agent");
        assertThat(PolicyLanguage.compile("agent.type == 'research'", Target.AGENT)
                        .faults())
                .isEmpty();
    }

    @Test
    void expressions_are_bounded() {
        assertThat(faults("'" + "x".repeat(PolicyLanguage.MAX_LENGTH) + "' == ''", Target.JOB)
                        .get(0)
                        .message())
                .contains("size exceeds limit");
        assertThat(faults("(".repeat(200) + "true" + ")".repeat(200), Target.JOB)
                        .get(0)
                        .message())
                .contains("recursion limit");
        assertThat(faults(" ", Target.JOB).get(0).message()).contains("empty");
        String ten = "[0,1,2,3,4,5,6,7,8,9]";
        String loops = ten + ".all(a," + ten + ".all(b," + ten + ".all(c," + ten + ".all(d,true))))";
        assertThat(judge(loops).undecided()).contains("budget");
    }

    @ParameterizedTest
    @CsvSource({
        "ubuntu, docker.io",
        "library/ubuntu:22.04, docker.io",
        "gcr.io/a/b:v1, gcr.io",
        "localhost/a, localhost",
        "registry:5000/a, registry:5000",
        "a/b.c/d, docker.io"
    })
    void registries(String image, String registry) {
        assertThat(ImageNames.registry(image)).isEqualTo(registry);
    }

    @Test
    void only_a_whole_digest_pins() {
        assertThat(ImageNames.digestPinned("gcr.io/a/b" + DIGEST)).isTrue();
        assertThat(ImageNames.digestPinned("gcr.io/a/b:v1" + DIGEST)).isTrue();
        assertThat(ImageNames.digestPinned("gcr.io/a/b@sha256:0a")).isFalse();
        assertThat(ImageNames.digestPinned("gcr.io/a/b" + DIGEST + "0")).isFalse();
        assertThat(ImageNames.digestPinned("gcr.io/a/b:latest")).isFalse();
    }
}
