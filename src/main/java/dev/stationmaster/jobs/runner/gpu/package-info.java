/** Which GPUs a machine has, as {@code nvidia-smi} tells, and which of them are well. */
@NullMarked
package dev.stationmaster.jobs.runner.gpu;

import org.jspecify.annotations.NullMarked;
