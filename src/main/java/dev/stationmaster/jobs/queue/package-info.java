/**
 * The index of waiting jobs in Redis, keys {@code {sm:jobs}:*}. Every step is one Lua script. Nothing lives only here:
 * {@code QueueReconciler} rebuilds all of it from the table jobs.
 */
@NullMarked
package dev.stationmaster.jobs.queue;

import org.jspecify.annotations.NullMarked;
