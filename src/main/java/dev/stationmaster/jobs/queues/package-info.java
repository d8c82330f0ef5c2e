/**
 * The queues that people configure: quotas, cohorts, weights, policies and states. Owns the table queues and the
 * endpoints {@code /queues}; tells the dispatcher by QueueChanged.
 */
@org.jspecify.annotations.NullMarked
package dev.stationmaster.jobs.queues;
