/** What every route shares: problem answers, pages, JSON mapping, the caller. Knows no feature. */
@NullMarked
package dev.stationmaster.platform.web;

import org.jspecify.annotations.NullMarked;
