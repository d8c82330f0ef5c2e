package dev.stationmaster.policies;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.stationmaster.platform.config.Problems;
import dev.stationmaster.policies.language.PolicyLanguage;
import dev.stationmaster.policies.language.Target;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads one policy file. Each problem names file and line. Not thread-safe; one for each file. */
final class PolicyFileReader {
    private static final List<String> KEYS =
            List.of("name", "description", "expression", "message", "mode", "applies_to", "enabled");
    private static final int MAX_TEXT = 1_000;

    /** The scalars of a value, and where they begin. */
    private record Value(List<String> items, int line, boolean block) {
        String text() {
            return String.join(", ", items);
        }
    }

    private final String path;
    private final Problems problems;
    private final Map<String, Value> values = new LinkedHashMap<>();
    private boolean good = true;

    PolicyFileReader(String path, Problems problems) {
        this.path = path;
        this.problems = problems;
    }

    Optional<PolicyDraft> read(String text) {
        try {
            if (parse(text)) {
                return draft();
            }
        } catch (JsonProcessingException e) {
            String reason = e.getOriginalMessage()
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith(" ")) // those quote the file
                    .collect(Collectors.joining(", "));
            bad(e.getLocation() == null ? 1 : e.getLocation().getLineNr(), reason);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a string does not fail to be read
        }
        return Optional.empty();
    }

    /** Whether there is anything to look at. */
    private boolean parse(String text) throws IOException {
        List<String> lines = text.lines().toList();
        try (JsonParser parser = new YAMLFactory().createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                bad(1, "holds no policy, which has the keys " + String.join(", ", KEYS));
                return false;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String key = parser.currentName();
                int line = parser.currentTokenLocation().getLineNr();
                if (!KEYS.contains(key)) {
                    bad(line, "there is no key " + key + "; the keys are " + String.join(", ", KEYS));
                } else if (values.containsKey(key)) {
                    bad(line, key + " is there twice");
                }
                parser.nextToken();
                values.put(key, value(parser, lines));
            }
            return true;
        }
    }

    private static Value value(JsonParser parser, List<String> lines) throws IOException {
        var at = parser.currentTokenLocation();
        var items = new ArrayList<String>();
        if (parser.currentToken() == JsonToken.START_ARRAY) {
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                items.add(parser.getText());
                parser.skipChildren();
            }
        } else if (parser.currentToken() == JsonToken.START_OBJECT) {
            items.add("{");
            parser.skipChildren();
        } else if (parser.currentToken() != JsonToken.VALUE_NULL) {
            items.add(parser.getText());
        }
        String source = at.getLineNr() <= lines.size() ? lines.get(at.getLineNr() - 1) : "";
        String rest = source.substring(Math.min(source.length(), Math.max(0, at.getColumnNr() - 1)));
        return new Value(items, at.getLineNr(), rest.startsWith("|") || rest.startsWith(">"));
    }

    private Optional<PolicyDraft> draft() {
        String name = required("name");
        if (good && !name.matches(PolicyDraft.NAME)) {
            bad("name", "is small letters, digits and hyphens, beginning with a letter");
        }
        String expression = required("expression");
        String message = required("message");
        Mode mode = parsed("mode", "enforce", Mode::of, "enforce, warn or audit");
        boolean enabled = Boolean.TRUE.equals(parsed("enabled", "true", PolicyFileReader::flag, "true or false"));
        var targets = new ArrayList<Target>();
        for (String target : values.getOrDefault("applies_to", new Value(List.of("job"), 1, false))
                .items()) {
            Target known = parsed("applies_to", target, Target::of, "a list of agent and job");
            if (known != null && !targets.contains(known)) {
                targets.add(known);
            }
        }
        if (enabled && good) {
            targets.forEach(target -> compile(expression, target));
        }
        String description = values.containsKey("description") ? limited("description") : null;
        return good && mode != null
                ? Optional.of(new PolicyDraft(
                        name,
                        description,
                        expression,
                        message,
                        mode,
                        targets.stream().sorted().toList(),
                        enabled))
                : Optional.empty();
    }

    /** What is switched off does no harm and is not compiled, so that a server without policies starts faster. */
    private void compile(String expression, Target target) {
        Value value = values.getOrDefault("expression", new Value(List.of(), 1, false));
        int before = value.block() ? value.line() : value.line() - 1;
        PolicyLanguage.compile(expression, target)
                .faults()
                .forEach(fault ->
                        bad(before + fault.line(), "expression " + fault + " (for " + target.wireName() + "s)"));
    }

    private String required(String key) {
        if (!values.containsKey(key) || limited(key).isBlank()) {
            bad(key, "is missing");
            return "";
        }
        return limited(key);
    }

    private String limited(String key) {
        Value value = values.get(key);
        String text = value == null ? "" : value.text();
        int max = key.equals("expression") ? PolicyLanguage.MAX_LENGTH : MAX_TEXT;
        if (text.length() > max) {
            bad(key, "is longer than " + max + " characters");
        }
        return text;
    }

    /** The value of {@code key}, or {@code fallback} where there is none. */
    private <T> @Nullable T parsed(String key, String fallback, Function<String, @Nullable T> parser, String expected) {
        Value value = values.get(key);
        String text = key.equals("applies_to") || value == null ? fallback : value.text();
        T result;
        try {
            result = parser.apply(text);
        } catch (IllegalArgumentException e) {
            result = null;
        }
        if (result == null) {
            bad(key, "is " + expected + ", not \"" + text + "\"");
        }
        return result;
    }

    private static @Nullable Boolean flag(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> null;
        };
    }

    private void bad(String key, String reason) {
        Value value = values.get(key);
        bad(value == null ? 1 : value.line(), key + " " + reason);
    }

    private void bad(int line, String reason) {
        good = false;
        problems.add(path + ":" + line, reason);
    }
}
