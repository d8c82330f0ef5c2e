/** The meter registry and the Vert.x that reports to it. */
@NullMarked
package dev.stationmaster.platform.metrics;

import org.jspecify.annotations.NullMarked;
