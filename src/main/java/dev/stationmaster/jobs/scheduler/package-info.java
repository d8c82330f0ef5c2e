/**
 * Decides which waiting jobs start, where, and which running ones make room: a pure function of a {@link
 * dev.stationmaster.jobs.scheduler.Snapshot}, so that every rule can be tested by properties and replayed in virtual
 * time. Knows nothing of Redis, PostgreSQL or processes. Order: priority (raised with age), then weighted dominant share
 * of the owner, then age. Nobody waits longer than {@link dev.stationmaster.jobs.scheduler.StarvationBound} says.
 */
@org.jspecify.annotations.NullMarked
package dev.stationmaster.jobs.scheduler;
