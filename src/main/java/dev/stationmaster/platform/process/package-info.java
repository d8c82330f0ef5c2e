/**
 * Operating system processes: signals to processes and groups, and what Linux tells of them under {@code /proc}. Owns
 * no process; shared by the embedded stores and the process runner. Everything here may block for milliseconds: never
 * call it on an event loop.
 */
@NullMarked
package dev.stationmaster.platform.process;

import org.jspecify.annotations.NullMarked;
