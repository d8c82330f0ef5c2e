/**
 * Where attempts run. Owns the {@link dev.stationmaster.jobs.runner.Runner} contract and its implementations; knows
 * nothing of queues, rows or HTTP. Runners report lines, usage and one exit; the jobs feature decides what they mean.
 */
@NullMarked
package dev.stationmaster.jobs.runner;

import org.jspecify.annotations.NullMarked;
