package dev.stationmaster.jobs;

import dev.stationmaster.jobs.queues.QueueStore;
import dev.stationmaster.jobs.schedules.ScheduleStore;
import dev.stationmaster.jobs.workers.WorkerStore;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.time.Clock;

/** The SQL of jobs, in parts. Thread-safe. */
record JobStores(
        JobStore jobs,
        JobTransitionStore transitions,
        JobInsertStore inserts,
        JobGraphStore graphs,
        RecordStore records,
        DispatchStore dispatch,
        ClusterStore cluster,
        RemoteStore remote,
        WorkerStore workers,
        StartStore starts,
        DeadLetterStore letters,
        QueueStore queues,
        ScheduleStore schedules,
        ServiceStore services) {

    static JobStores of(Database database, Clock clock) {
        var audit = new AuditTrail(clock);
        var inserts = new JobInsertStore(database, audit);
        return new JobStores(
                new JobStore(database, audit),
                new JobTransitionStore(database, clock),
                inserts,
                new JobGraphStore(database, inserts),
                new RecordStore(database),
                new DispatchStore(database),
                new ClusterStore(database),
                new RemoteStore(database),
                new WorkerStore(database, audit),
                new StartStore(database),
                new DeadLetterStore(database, clock),
                new QueueStore(database, audit),
                new ScheduleStore(database, audit),
                new ServiceStore(database));
    }
}
