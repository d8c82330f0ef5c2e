/** The language of policies: CEL with our types, functions and limits. The only package that knows the CEL library. */
@NullMarked
package dev.stationmaster.policies.language;

import org.jspecify.annotations.NullMarked;
