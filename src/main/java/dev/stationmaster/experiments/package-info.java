/**
 * Experiments: variants compared by statistics, sweeps over hyperparameters, benchmark suites, and runs side by side. Owns
 * the tables experiments, experiment_trials, experiment_rungs and benchmarks. Each run is an ordinary job, asked for over
 * the bus (SubmitJob, CancelJob, FindRuns, FindRunValues, FindCurves); publishes ExperimentChanged and ExperimentProgress, answers FindExperiments. One leader advances all
 * experiments from their rows. Endpoints: /experiments, /benchmarks, /runs/compare.
 */
@NullMarked
package dev.stationmaster.experiments;

import org.jspecify.annotations.NullMarked;
