/** The only place that reads the system clock. */
@NullMarked
package dev.stationmaster.platform.time;

import org.jspecify.annotations.NullMarked;
