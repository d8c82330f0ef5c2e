/** One leader among replicas for each singleton. Owns the table {@code leader_leases}. */
@NullMarked
package dev.stationmaster.platform.leader;

import org.jspecify.annotations.NullMarked;
