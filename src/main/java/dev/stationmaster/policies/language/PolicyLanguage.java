package dev.stationmaster.policies.language;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelIssue;
import dev.cel.common.CelOptions;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import dev.cel.validator.CelValidator;
import dev.cel.validator.CelValidatorFactory;
import dev.cel.validator.validators.RegexLiteralValidator;
import dev.stationmaster.platform.config.Quantity;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Compiles expressions. Thread-safe; blocking for about half a second at its first use, for milliseconds later.
 *
 * <p>The cost of a {@link Rule} is bounded: an expression has at most {@value #MAX_LENGTH} characters and
 * {@value #MAX_DEPTH} levels, all its loops together make at most {@value #MAX_ITERATIONS} passes, patterns are small and
 * matched in linear time (RE2), and what it looks at is cut to the sizes that {@code Facts} states. A usual rule takes a
 * few microseconds. The worst found, a bad pattern matched in 160 passes against 1 KiB, took 10 ms (40 ms at its first
 * use); against 32 KiB 0.3 s. So small things may be judged on an event loop and large ones may not.
 */
public final class PolicyLanguage {
    public static final int MAX_LENGTH = 4_000;
    private static final int MAX_DEPTH = 32;
    private static final int MAX_ITERATIONS = 250;
    private static final int MAX_REGEX_PROGRAM = 1_000;

    /** Either a rule or what is wrong. */
    public record Compiled(@Nullable Rule rule, List<Fault> faults) {
        public Compiled {
            faults = List.copyOf(faults);
        }
    }

    private static final CelOptions OPTIONS = CelOptions.current()
            .maxExpressionCodePointSize(MAX_LENGTH)
            .maxParseRecursionDepth(MAX_DEPTH)
            .comprehensionMaxIterations(MAX_ITERATIONS)
            .maxRegexProgramSize(MAX_REGEX_PROGRAM)
            .enableHeterogeneousNumericComparisons(true) // job.cpu <= 4, not 4.0
            .build();
    private static final CelRuntime RUNTIME = CelRuntimeFactory.legacyCelRuntimeBuilder()
            .setOptions(OPTIONS)
            .addLibraries(CelExtensions.optional())
            .addFunctionBindings(
                    CelFunctionBinding.from("registry_string", String.class, ImageNames::registry),
                    CelFunctionBinding.from("digest_pinned_string", String.class, ImageNames::digestPinned),
                    CelFunctionBinding.from("quantity_string", String.class, Quantity::parseWhole))
            .build();
    private static final Map<Target, CelCompiler> COMPILERS = compilers();
    private static final Map<Target, CelValidator> VALIDATORS = validators();

    private PolicyLanguage() {}

    private static Map<Target, CelCompiler> compilers() {
        var all = new EnumMap<Target, CelCompiler>(Target.class);
        for (Target target : Target.values()) {
            var builder = CelCompilerFactory.standardCelCompilerBuilder()
                    .setOptions(OPTIONS)
                    .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                    .addLibraries(CelExtensions.optional())
                    .setTypeProvider(new Vocabulary())
                    .setResultType(SimpleType.BOOL)
                    .addFunctionDeclarations(
                            ofString("registry", SimpleType.STRING),
                            ofString("digest_pinned", SimpleType.BOOL),
                            ofString("quantity", SimpleType.INT));
            Vocabulary.variables(target).forEach(builder::addVar);
            all.put(target, builder.build());
        }
        return all;
    }

    private static Map<Target, CelValidator> validators() {
        var all = new EnumMap<Target, CelValidator>(Target.class);
        COMPILERS.forEach((target, compiler) -> all.put(
                target,
                CelValidatorFactory.standardCelValidatorBuilder(compiler, RUNTIME)
                        .addAstValidators(RegexLiteralValidator.INSTANCE)
                        .build()));
        return all;
    }

    private static CelFunctionDecl ofString(String name, CelType result) {
        return CelFunctionDecl.newFunctionDeclaration(
                name, CelOverloadDecl.newGlobalOverload(name + "_string", result, SimpleType.STRING));
    }

    /** Blocking: belongs on a worker thread. */
    public static Compiled compile(String expression, Target target) {
        if (expression.isBlank()) {
            return new Compiled(null, List.of(new Fault(1, 1, "the expression is empty")));
        }
        CelValidationResult result = of(COMPILERS, target).compile(expression);
        if (result.hasError()) {
            return new Compiled(null, faults(result, target));
        }
        try {
            CelAbstractSyntaxTree tree = result.getAst();
            CelValidationResult literals = of(VALIDATORS, target).validate(tree);
            return literals.hasError()
                    ? new Compiled(null, faults(literals, target))
                    : new Compiled(new Rule(RUNTIME.createProgram(tree)).warmed(), List.of());
        } catch (CelValidationException | CelEvaluationException e) {
            return new Compiled(null, List.of(new Fault(1, 1, String.valueOf(e.getMessage()))));
        }
    }

    private static <T> T of(Map<Target, T> all, Target target) {
        T found = all.get(target);
        if (found == null) {
            throw new IllegalStateException("nothing for " + target);
        }
        return found;
    }

    private static List<Fault> faults(CelValidationResult result, Target target) {
        return result.getErrors().stream().map(issue -> fault(issue, target)).toList();
    }

    /** The library counts lines from 1 and columns from 0, and has -1 for what concerns the whole. */
    private static Fault fault(CelIssue issue, Target target) {
        String text = issue.getMessage().replace(" (in container '')", "");
        if (text.startsWith("undeclared reference to 'job'")) {
            text += "; a policy that applies to " + target.wireName() + " can't speak of a job";
        }
        return new Fault(
                Math.max(1, issue.getSourceLocation().getLine()),
                Math.max(0, issue.getSourceLocation().getColumn()) + 1,
                text);
    }
}
