package dev.stationmaster.policies.language;

import org.jspecify.annotations.Nullable;

/**
 * What a rule says of something.
 *
 * @param undecided why the rule could not be evaluated, for people; such a thing is not allowed
 */
public record Outcome(boolean allowed, @Nullable String undecided) {
    static final Outcome ALLOWED = new Outcome(true, null);
    static final Outcome REFUSED = new Outcome(false, null);
}
