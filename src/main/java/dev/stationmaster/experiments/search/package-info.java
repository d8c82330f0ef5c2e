/** Which hyperparameters to try, and which trials to stop early: pure functions, no I/O. */
@NullMarked
package dev.stationmaster.experiments.search;

import org.jspecify.annotations.NullMarked;
