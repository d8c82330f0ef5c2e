package dev.stationmaster.gateway;

import dev.stationmaster.platform.web.ApiException.FieldError;
import io.vertx.ext.web.handler.HttpException;
import io.vertx.json.schema.OutputUnit;
import io.vertx.openapi.validation.SchemaValidationException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which fields a request got wrong, out of the schema validator's output. */
final class ValidationErrors {
    private static final int MAX_ERRORS = 20;
    private static final String UNKNOWN_FIELD = "additional properties schema";

    private ValidationErrors() {}

    static List<FieldError> of(@Nullable Throwable cause) {
        if (!(cause instanceof SchemaValidationException schema) || schema.getOutputUnit() == null) {
            return List.of();
        }
        var byPointer = new LinkedHashMap<String, String>();
        collect(schema.getOutputUnit(), byPointer);
        var errors = new ArrayList<FieldError>();
        byPointer.forEach((pointer, detail) -> errors.add(new FieldError(pointer, detail)));
        return errors.subList(0, Math.min(errors.size(), MAX_ERRORS));
    }

    /** Deeper units are more exact, so a later one for the same place wins. */
    private static void collect(OutputUnit unit, Map<String, String> into) {
        List<OutputUnit> units = unit.getErrors();
        if (units == null) {
            return;
        }
        for (OutputUnit error : units) {
            String location = String.valueOf(error.getInstanceLocation());
            String pointer = location.startsWith("#") ? location.substring(1) : location;
            String text = error.getError();
            if (text != null) {
                boolean unknown = text.contains(UNKNOWN_FIELD);
                if (!unknown || into.containsKey(pointer)) {
                    into.merge(pointer, text, (known, next) -> next.contains(UNKNOWN_FIELD) ? known : next);
                } else {
                    into.put(pointer, "unknown field");
                }
            }
            collect(error, into);
        }
    }

    static String summary(HttpException http, List<FieldError> errors) {
        if (errors.isEmpty()) {
            String text = http.getCause() == null
                    ? http.getPayload()
                    : http.getCause().getMessage();
            if (text != null && text.contains("can't be decoded")) {
                return "The body is not valid JSON.";
            }
            return text == null ? String.valueOf(http.getMessage()) : text;
        }
        FieldError last = errors.get(errors.size() - 1);
        return "The request does not fit the contract at " + (last.pointer().isEmpty() ? "the top" : last.pointer())
                + ": " + last.detail();
    }
}
