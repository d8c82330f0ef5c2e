package dev.stationmaster.jobs.runner.kubernetes;

import dev.stationmaster.jobs.runner.Launch;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/** One replica of an attempt, and how what belongs to it is called and labelled in the cluster. */
record AttemptName(UUID jobId, long lease, int replica) {
    static final String SERVER = "stationmaster.dev/server";
    private static final String JOB = "stationmaster.dev/job";
    private static final String LEASE = "stationmaster.dev/lease";
    private static final String REPLICA = "stationmaster.dev/replica";
    private static final int MAX_LABEL = 63;

    static AttemptName of(Launch launch) {
        return new AttemptName(launch.jobId(), launch.lease(), launch.replica());
    }

    /** Empty when somebody else made it, or changed its labels. */
    static Optional<AttemptName> of(HasMetadata thing) {
        Map<String, String> labels = thing.getMetadata().getLabels();
        if (labels == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(new AttemptName(
                    UUID.fromString(labels.getOrDefault(JOB, "")),
                    Long.parseLong(labels.getOrDefault(LEASE, "")),
                    Integer.parseInt(labels.getOrDefault(REPLICA, ""))));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Of the Job, and the beginning of all names that belong to it. */
    String name() {
        return "sm-" + jobId + "-" + lease + "-" + replica;
    }

    /** Values of the environment. */
    String env() {
        return name() + "-env";
    }

    /** Files beside the program. */
    String files() {
        return name() + "-files";
    }

    Map<String, String> labels(String server) {
        Map<String, String> labels = new TreeMap<>(own());
        labels.put("app.kubernetes.io/managed-by", "stationmaster");
        labels.put(SERVER, server);
        return labels;
    }

    /** Those that stay, whichever server's it is. */
    Map<String, String> own() {
        return Map.of(JOB, jobId.toString(), LEASE, Long.toString(lease), REPLICA, Integer.toString(replica));
    }

    /** A server's name as the value of a label. */
    static String label(String server) {
        String fit = server.replaceAll("[^A-Za-z0-9._-]", "-");
        String end = fit.substring(Math.max(0, fit.length() - MAX_LABEL)); // the end tells servers apart
        return end.replaceAll("^[^A-Za-z0-9]+|[^A-Za-z0-9]+$", "");
    }
}
