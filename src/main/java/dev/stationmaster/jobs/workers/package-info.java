/**
 * Remote workers: GPU boxes that lease jobs over HTTP. Owns remote_workers. Who they are, what they have and whether they
 * take jobs is here; what they do with a job is in {@code jobs}. Endpoints: /workers without /poll and /attempts.
 */
@NullMarked
package dev.stationmaster.jobs.workers;

import org.jspecify.annotations.NullMarked;
