/** Redis: one connection that comes back by itself, and Lua scripts. Redis is an index; nothing lives only there. */
@NullMarked
package dev.stationmaster.platform.redis;

import org.jspecify.annotations.NullMarked;
