/** Folders of files that other programs write to at the same time. Knows no feature. */
@NullMarked
package dev.stationmaster.platform.files;

import org.jspecify.annotations.NullMarked;
