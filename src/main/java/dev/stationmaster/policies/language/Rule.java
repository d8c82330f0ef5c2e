package dev.stationmaster.policies.language;

import dev.cel.common.CelErrorCode;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import java.util.Map;

/** A compiled expression. Immutable, thread-safe, and of bounded cost: see {@link PolicyLanguage}. */
public final class Rule {
    private final CelRuntime.Program program;

    Rule(CelRuntime.Program program) {
        this.program = program;
    }

    /** This rule, with the classes loaded that its first use needs: not for an event loop. */
    Rule warmed() {
        var unused = judge(Map.of());
        return this;
    }

    /** Never throws: what can't be evaluated is not allowed, and the outcome says why. */
    public Outcome judge(Map<String, Object> facts) {
        try {
            Object result = program.eval(facts);
            if (result instanceof Boolean allowed) {
                return allowed ? Outcome.ALLOWED : Outcome.REFUSED;
            }
            return undecided("its result is neither true nor false");
        } catch (CelEvaluationException e) {
            return undecided(explain(e));
        } catch (RuntimeException e) {
            return undecided(String.valueOf(e.getMessage()));
        }
    }

    private static Outcome undecided(String why) {
        return new Outcome(false, why);
    }

    private static String explain(CelEvaluationException e) {
        String text = String.valueOf(e.getMessage()).replaceFirst("^evaluation error[^ ]*( at [^ ]+)?:? ", "");
        if (e.getErrorCode() == CelErrorCode.ATTRIBUTE_NOT_FOUND) {
            int from = text.indexOf('\'');
            int to = text.indexOf('\'', from + 1);
            return from < 0 || to < 0
                    ? "something it asks for is not given"
                    : text.substring(from + 1, to) + " is not given, or too large to be judged";
        }
        return text;
    }
}
