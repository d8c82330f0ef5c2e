package dev.stationmaster.jobs.runner.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.model.PullResponseItem;
import com.github.dockerjava.api.model.Statistics;
import dev.stationmaster.jobs.runner.Exit;
import dev.stationmaster.jobs.runner.LaunchException;
import dev.stationmaster.jobs.runner.Usage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What engines say, in our words. */
class ContainerTextsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static Exit exit(String state) throws IOException {
        return ContainerExit.of(
                JSON.readValue("{\"State\":" + state + "}", InspectContainerResponse.class)
                        .getState(),
                64L << 20);
    }

    @Test
    void the_end_of_a_container() throws IOException {
        assertThat(exit("{\"ExitCode\":0}")).isEqualTo(new Exit(Exit.Cause.EXITED, 0, "exited with code 0"));
        assertThat(exit("{\"ExitCode\":3}").code()).isEqualTo(3);
        Exit killed = exit("{\"ExitCode\":137,\"OOMKilled\":true}");
        assertThat(killed.cause()).isEqualTo(Exit.Cause.OUT_OF_MEMORY);
        assertThat(killed.message()).contains("64 MiB");
        assertThat(exit("{}").cause()).isEqualTo(Exit.Cause.RUNNER_ERROR);
    }

    private static Statistics sample(String json) throws IOException {
        return JSON.readValue(json, Statistics.class);
    }

    @Test
    void usage_between_two_samples() throws IOException {
        var usage = new ContainerUsage();
        assertThat(usage.measure(
                        sample("{\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":1000000000}},"
                                + "\"memory_stats\":{\"usage\":1000,\"stats\":{\"inactive_file\":300}}}"),
                        0))
                .isEqualTo(new Usage(null, 700L));
        assertThat(usage.measure(
                        sample("{\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":2500000000}},"
                                + "\"memory_stats\":{\"usage\":1000,\"stats\":{\"total_inactive_file\":2000}}}"),
                        1_000_000_000))
                .isEqualTo(new Usage(1.5, 1000L));
        assertThat(usage.measure(sample("{\"memory_stats\":{\"usage\":0}}"), 2_000_000_000))
                .isEqualTo(new Usage(null, null));
    }

    private static PullResponseItem layer(String id, long current, long total) throws IOException {
        return JSON.readValue(
                "{\"id\":\"" + id + "\",\"progressDetail\":{\"current\":" + current + ",\"total\":" + total + "}}",
                PullResponseItem.class);
    }

    @Test
    void progress_is_told_by_tenths_over_all_layers() throws IOException {
        var progress = new PullProgress();
        List<Optional<String>> lines = new ArrayList<>();
        lines.add(progress.line("img", layer("a", 0, 10 << 20)));
        lines.add(progress.line("img", layer("a", 1 << 20, 10 << 20)));
        lines.add(progress.line("img", layer("b", 0, 10 << 20))); // more to come: it does not go back
        lines.add(progress.line("img", layer("a", 10 << 20, 10 << 20)));
        lines.add(progress.line("img", JSON.readValue("{\"status\":\"Waiting\"}", PullResponseItem.class)));
        lines.add(progress.line("img", layer("b", 10 << 20, 10 << 20)));
        assertThat(lines.stream().flatMap(Optional::stream))
                .containsExactly(
                        "[docker] pulling img: 0 % of 10 MiB",
                        "[docker] pulling img: 10 % of 10 MiB",
                        "[docker] pulling img: 50 % of 20 MiB",
                        "[docker] pulling img: 100 % of 20 MiB");
    }

    @ParameterizedTest
    @CsvSource({
        "'unauthorized: authentication required', image_pull_denied",
        "'denied: requested access to the resource is denied', image_pull_denied",
        "'manifest unknown', image_not_found",
        "'no such host', image_not_found"
    })
    void why_an_image_does_not_come(String said, String reason) {
        var byError = new ImagePull("img:1", line -> {});
        byError.onError(new IOException(said));
        var byItem = new ImagePull("img:1", line -> {});
        byItem.onNext(item(said));
        byItem.onComplete();
        for (ImagePull pull : List.of(byError, byItem)) {
            LaunchException refused = catchThrowableOfType(LaunchException.class, () -> pull.await(1));
            assertThat(refused.reason()).isEqualTo(reason);
            assertThat(refused).hasMessageContaining("img:1");
        }
    }

    private static PullResponseItem item(String error) {
        try {
            return JSON.readValue("{\"errorDetail\":{\"message\":\"" + error + "\"}}", PullResponseItem.class);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void waiting_for_an_image_ends() {
        var slow = new ImagePull("img:1", line -> {});
        assertThat(catchThrowableOfType(LaunchException.class, () -> slow.await(0))
                        .reason())
                .isEqualTo("image_pull_timeout");
        var stopped = new ImagePull("img:1", line -> {});
        stopped.cancel();
        assertThat(catchThrowableOfType(LaunchException.class, () -> stopped.await(1)))
                .hasMessageContaining("stopped");
    }
}
