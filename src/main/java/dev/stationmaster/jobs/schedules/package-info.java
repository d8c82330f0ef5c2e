/**
 * Jobs that are submitted again and again by a cron expression. Owns the table schedules and the endpoints {@code
 * /schedules}; submits over the bus (SubmitJob) with a key for each time, so that no time is ever submitted twice.
 */
@org.jspecify.annotations.NullMarked
package dev.stationmaster.jobs.schedules;
