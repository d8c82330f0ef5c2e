/** Looks at programs that shall stay up, next to them, and says when one turns healthy or unhealthy. Owns no table. */
@NullMarked
package dev.stationmaster.jobs.runner.health;

import org.jspecify.annotations.NullMarked;
