/** Statistics of comparisons: pure functions, no I/O. Every verdict names the rule that led to it. */
@NullMarked
package dev.stationmaster.experiments.statistics;

import org.jspecify.annotations.NullMarked;
