/** PostgreSQL: the pool, migrations, group commit, partitions and the audit trail. Knows no feature. */
@NullMarked
package dev.stationmaster.platform.db;

import org.jspecify.annotations.NullMarked;
