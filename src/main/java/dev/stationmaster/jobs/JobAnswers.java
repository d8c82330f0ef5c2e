package dev.stationmaster.jobs;

import dev.stationmaster.platform.bus.Bus;

/** What other features may ask of jobs over the bus. */
final class JobAnswers {
    private JobAnswers() {}

    static void register(Bus bus, JobStores stores, OverviewService overview) {
        ServiceAnswers.register(bus, stores.services());
        bus.answer(
                JobMessages.CountActiveJobs.class,
                q -> stores.jobs().countActive(q.agentId(), q.ownerId()).map(JobMessages.ActiveJobs::new));
        bus.answer(JobMessages.FindJobAgent.class, q -> stores.jobs()
                .byId(q.jobId())
                .map(job -> new JobMessages.JobAgent(job.map(Job::agentId).orElse(null))));
        bus.answer(JobMessages.FindJobs.class, q -> stores.jobs()
                .newest(q.unfinishedOnly(), q.agentId(), q.owner(), q.limit())
                .map(jobs ->
                        new JobMessages.JobsFound(jobs.stream().map(Job::facts).toList())));
        bus.answer(JobMessages.FindHeld.class, q -> stores.dispatch()
                .heldBy(q.ownerId())
                .map(r -> new JobMessages.Held(r.cpuMillis(), r.memoryBytes(), r.gpus(), r.storageBytes())));
        bus.answer(JobMessages.FindSnapshot.class, q -> overview.snapshot(q.topic())
                .map(JobMessages.Snapshot::new));
    }
}
