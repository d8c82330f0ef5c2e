/** The composition root: main, settings of all parts, and the order in which a server starts and stops. */
@NullMarked
package dev.stationmaster;

import org.jspecify.annotations.NullMarked;
