package dev.stationmaster.gateway.live;

import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/** The names of what can be watched: jobs, agents, queue, events, {@code job:UUID} and {@code agent:ID}. */
final class Topics {
    static final String JOBS = "jobs";
    static final String AGENTS = "agents";
    static final String QUEUE = "queue";
    static final String EVENTS = "events";
    private static final String JOB = "job:";
    private static final String AGENT = "agent:";
    private static final Set<String> WHOLE = Set.of(JOBS, AGENTS, QUEUE, EVENTS);
    /** Only as we write them ourselves, so that one thing has one name. */
    private static final Pattern JOB_TOPIC =
            Pattern.compile("job:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

    private static final Pattern AGENT_TOPIC = Pattern.compile("agent:[1-9][0-9]{0,17}");

    private Topics() {}

    static String job(UUID id) {
        return JOB + id;
    }

    static String agent(long id) {
        return AGENT + id;
    }

    static boolean isValid(String topic) {
        return WHOLE.contains(topic)
                || JOB_TOPIC.matcher(topic).matches()
                || AGENT_TOPIC.matcher(topic).matches();
    }

    static boolean isJob(String topic) {
        return topic.startsWith(JOB);
    }

    /** Of a valid job topic. */
    static UUID jobId(String topic) {
        return UUID.fromString(topic.substring(JOB.length()));
    }
}
