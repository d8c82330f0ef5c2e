/**
 * Runs attempts as containers of a Docker engine, or of another one that serves the same API, such as Podman. Owns the
 * containers that carry its label; talks to the engine by docker-java, on worker threads only.
 */
@NullMarked
package dev.stationmaster.jobs.runner.docker;

import org.jspecify.annotations.NullMarked;
