/**
 * Jobs: submission, states, attempts, logs, metrics, and the queue they wait in. Owns jobs, job_graphs, job_attempts, job_events,
 * job_metrics, job_logs and the Redis keys {@code sm:jobs:*}. Publishes JobChanged, JobLog, JobMetric, JobUsage,
 * LiveEvent, QueueChanged; answers CountActiveJobs, snapshots. Serves /jobs, /job-graphs, /dead-letters, /runners, /overview.
 */
@NullMarked
package dev.stationmaster.jobs;

import org.jspecify.annotations.NullMarked;
