package dev.stationmaster.jobs.queue;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.scheduler.Lane;
import java.util.UUID;

/** A lane's key as text in Redis: its fields between bars. Names of queues and runners hold no bar. */
final class LaneName {
    private LaneName() {}

    static String of(Lane.Key key) {
        Resources r = key.resources();
        return key.queue()
                + '|'
                + key.owner()
                + '|'
                + key.agentId()
                + '|'
                + key.runner()
                + '|'
                + key.priority()
                + '|'
                + r.cpuMillis()
                + '|'
                + r.memoryBytes()
                + '|'
                + r.gpus()
                + '|'
                + r.storageBytes()
                + '|'
                + key.replicas()
                + '|'
                + key.minReplicas();
    }

    static Lane.Key parse(String name) {
        String[] f = name.split("\\|", -1);
        return new Lane.Key(
                f[0],
                UUID.fromString(f[1]),
                Long.parseLong(f[2]),
                f[3],
                Integer.parseInt(f[4]),
                new Resources(Long.parseLong(f[5]), Long.parseLong(f[6]), Integer.parseInt(f[7]), Long.parseLong(f[8])),
                Integer.parseInt(f[9]),
                Integer.parseInt(f[10]));
    }
}
