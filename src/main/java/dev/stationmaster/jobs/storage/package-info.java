/**
 * Checkpoints and artifacts of jobs: in the data folder of a server, or in a bucket that all servers share, and how long they
 * are kept. Owns the folders of jobs, their uploads and their copies in the bucket; no tables, but events of jobs whose files
 * were deleted.
 */
@NullMarked
package dev.stationmaster.jobs.storage;

import org.jspecify.annotations.NullMarked;
