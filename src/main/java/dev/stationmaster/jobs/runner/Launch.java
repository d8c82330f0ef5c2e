package dev.stationmaster.jobs.runner;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Everything a runner needs to start one attempt.
 *
 * @param replica which of them this is, from 0
 * @param replicas how many run at once
 * @param command program and arguments, never a shell line; empty only for the simulation runner
 * @param image what containers are made of; null: the agent names none
 * @param env the complete additional environment: the job contract, the agent's variables and its secrets
 * @param workingDir where the program runs; null means the attempt's own folder
 * @param jobDir folder of this job, kept between attempts: holds {@code checkpoints/}, {@code artifacts/} and
 *     {@code attempt-N/spec.json}, which exist before launch
 * @param wallClockLimit null means no limit
 * @param limits of each replica
 * @param specJson the text of the file behind {@code STATIONMASTER_SPEC}
 * @param service what a program that shall stay up needs; null: it is to end by itself
 */
public record Launch(
        UUID jobId,
        long lease,
        int attempt,
        int replica,
        int replicas,
        @Nullable String image,
        List<String> command,
        Map<String, String> env,
        @Nullable Path workingDir,
        Path jobDir,
        Resources limits,
        @Nullable Duration wallClockLimit,
        Duration grace,
        String specJson,
        @Nullable ServiceSpec service) {
    public Launch {
        command = List.copyOf(command);
        env = Map.copyOf(env);
    }

    /** The launch of one of the replicas. */
    Launch of(int one) {
        return with(one, Map.of("STATIONMASTER_REPLICA", Integer.toString(one)));
    }

    /** The same with more in its environment. */
    public Launch with(Map<String, String> more) {
        return with(replica, more);
    }

    /** The same for a program that has run so long already: less of its time limit is left. */
    public Launch after(Duration elapsed) {
        Duration limit = wallClockLimit;
        Duration left = limit == null ? null : limit.minus(elapsed).isNegative() ? Duration.ZERO : limit.minus(elapsed);
        return new Launch(
                jobId,
                lease,
                attempt,
                replica,
                replicas,
                image,
                command,
                env,
                workingDir,
                jobDir,
                limits,
                left,
                grace,
                specJson,
                service);
    }

    private Launch with(int number, Map<String, String> more) {
        Map<String, String> own = new HashMap<>(env);
        own.putAll(more);
        return new Launch(
                jobId,
                lease,
                attempt,
                number,
                replicas,
                image,
                command,
                own,
                workingDir,
                jobDir,
                limits,
                wallClockLimit,
                grace,
                specJson,
                service);
    }

    @Override
    public String toString() { // env holds secrets
        return "Launch[job=" + jobId + ", lease=" + lease + ", attempt=" + attempt + ", replica=" + replica
                + ", command=" + command + "]";
    }
}
