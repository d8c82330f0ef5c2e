package dev.stationmaster.gateway.live;

import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * The names of what can be watched: jobs, agents, queue, events, experiments, {@code job:UUID}, {@code agent:ID},
 * {@code deployment:ID} of an agent and {@code experiment:UUID}.
 */
final class Topics {
    static final String JOBS = "jobs";
    static final String AGENTS = "agents";
    static final String QUEUE = "queue";
    static final String EVENTS = "events";
    static final String EXPERIMENTS = "experiments";
    private static final String JOB = "job:";
    private static final String AGENT = "agent:";
    private static final String EXPERIMENT = "experiment:";
    private static final String DEPLOYMENT = "deployment:";
    private static final Set<String> WHOLE = Set.of(JOBS, AGENTS, QUEUE, EVENTS, EXPERIMENTS);
    /** Only as we write them ourselves, so that one thing has one name. */
    private static final Pattern UUID_TOPIC =
            Pattern.compile("(job|experiment):[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

    private static final Pattern AGENT_TOPIC = Pattern.compile("(agent|deployment):[1-9][0-9]{0,17}");

    private Topics() {}

    static String job(UUID id) {
        return JOB + id;
    }

    static String agent(long id) {
        return AGENT + id;
    }

    static String deployment(long agentId) {
        return DEPLOYMENT + agentId;
    }

    static boolean isDeployment(String topic) {
        return topic.startsWith(DEPLOYMENT);
    }

    /** Of a valid deployment topic. */
    static long deploymentAgent(String topic) {
        return Long.parseLong(topic.substring(DEPLOYMENT.length()));
    }

    static String experiment(UUID id) {
        return EXPERIMENT + id;
    }

    static boolean isValid(String topic) {
        return WHOLE.contains(topic)
                || UUID_TOPIC.matcher(topic).matches()
                || AGENT_TOPIC.matcher(topic).matches();
    }

    static boolean isExperiment(String topic) {
        return topic.startsWith(EXPERIMENT);
    }

    /** Of a valid experiment topic. */
    static UUID experimentId(String topic) {
        return UUID.fromString(topic.substring(EXPERIMENT.length()));
    }

    static boolean isJob(String topic) {
        return topic.startsWith(JOB);
    }

    /** Of a valid job topic. */
    static UUID jobId(String topic) {
        return UUID.fromString(topic.substring(JOB.length()));
    }
}
