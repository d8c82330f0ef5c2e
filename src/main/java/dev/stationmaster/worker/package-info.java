/**
 * {@code stationmaster worker}: a process on a GPU box that leases jobs from a server, over HTTP that it opens itself, and
 * runs them with the runners of {@code jobs.runner}. Owns nothing but its data folder. What it may do is what the server's
 * /workers operations let it.
 */
@NullMarked
package dev.stationmaster.worker;

import org.jspecify.annotations.NullMarked;
