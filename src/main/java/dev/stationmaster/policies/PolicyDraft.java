package dev.stationmaster.policies;

import dev.stationmaster.policies.language.Target;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A policy as somebody writes it. {@code expression} is CEL; true means allowed. {@code message} says what to do. */
record PolicyDraft(
        String name,
        @Nullable String description,
        String expression,
        String message,
        Mode mode,
        List<Target> appliesTo,
        boolean enabled) {

    /** By the API and by a file alike; the contract has it too. */
    static final String NAME = "[a-z][a-z0-9-]{0,62}";

    PolicyDraft {
        appliesTo = List.copyOf(appliesTo);
    }

    /** From a body that fits the contract. */
    static PolicyDraft of(JsonObject body) {
        return new PolicyDraft(
                body.getString("name"),
                body.getString("description"),
                body.getString("expression"),
                body.getString("message"),
                Mode.of(body.getString("mode", "enforce")),
                targets(body.getJsonArray("applies_to", new JsonArray().add("job"))),
                body.getBoolean("enabled", true));
    }

    /** With the fields that {@code body} names replaced. */
    PolicyDraft with(JsonObject body) {
        return new PolicyDraft(
                name,
                body.getString("description", description),
                body.getString("expression", expression),
                body.getString("message", message),
                body.containsKey("mode") ? Mode.of(body.getString("mode")) : mode,
                body.containsKey("applies_to") ? targets(body.getJsonArray("applies_to")) : appliesTo,
                body.getBoolean("enabled", enabled));
    }

    static List<Target> targets(JsonArray names) {
        return names.stream()
                .map(Object::toString)
                .distinct()
                .sorted()
                .map(Target::of)
                .toList();
    }
}
