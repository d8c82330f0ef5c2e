/** Settings: one file of defaults, one file of the operator's, then the environment; every problem reported at once. */
@NullMarked
package dev.stationmaster.platform.config;

import org.jspecify.annotations.NullMarked;
