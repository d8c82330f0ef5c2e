/** Keys, tokens, encryption, hashes and ids. Knows no feature. */
@NullMarked
package dev.stationmaster.platform.security;

import org.jspecify.annotations.NullMarked;
