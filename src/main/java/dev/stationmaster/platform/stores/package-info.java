/**
 * PostgreSQL and Redis as child processes, for when no address of real ones is set. Owns everything under
 * {@code postgres/}, {@code redis/} and {@code binaries/} of the data folder, and the lock on that folder. Data
 * outlives restarts and {@code kill -9}. Entry point: {@link dev.stationmaster.platform.stores.EmbeddedStores}. All of
 * it blocks.
 */
@NullMarked
package dev.stationmaster.platform.stores;

import org.jspecify.annotations.NullMarked;
