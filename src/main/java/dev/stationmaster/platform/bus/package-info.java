/** Typed messages between features over the Vert.x event bus: a hint, never the truth. */
@NullMarked
package dev.stationmaster.platform.bus;

import org.jspecify.annotations.NullMarked;
