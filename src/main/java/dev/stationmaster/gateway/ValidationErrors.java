package dev.stationmaster.gateway;

import com.networknt.schema.Error;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.openapi.contract.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Says which fields of a request do not fit the contract, out of the schema validator's findings. */
final class ValidationErrors {
    private static final int MAX_ERRORS = 20;

    private ValidationErrors() {}

    /** Of a body: pointers into it; a missing or unknown field is named itself, not the object it belongs to. */
    static ApiException of(List<Error> findings) {
        Map<String, String> byPointer = new LinkedHashMap<>();
        for (Error finding : findings) {
            String at = finding.getInstanceLocation().toString();
            String property = finding.getProperty();
            boolean named = property != null
                    && ("required".equals(finding.getKeyword()) || "additionalProperties".equals(finding.getKeyword()));
            String pointer = named ? at + "/" + property.replace("~", "~0").replace("/", "~1") : at;
            if (byPointer.size() < MAX_ERRORS) {
                byPointer.putIfAbsent(pointer, text(finding));
            }
        }
        List<FieldError> errors = byPointer.entrySet().stream()
                .map(e -> new FieldError(e.getKey(), e.getValue()))
                .toList();
        FieldError first = errors.get(0);
        return new ApiException(
                ErrorCode.BAD_REQUEST,
                "The request does not fit the contract at " + (first.pointer().isEmpty() ? "the top" : first.pointer())
                        + ": " + first.detail() + ".",
                errors);
    }

    private static String text(Error finding) {
        return switch (finding.getKeyword()) {
            case "required" -> "is required";
            case "additionalProperties" -> "is an unknown field";
            default -> finding.getMessage();
        };
    }

    static ApiException of(Parameter parameter, List<Error> findings) {
        return parameter(parameter, findings.get(0).getMessage());
    }

    static ApiException missing(Parameter parameter) {
        return parameter(parameter, "is required");
    }

    static ApiException unreadable(Parameter parameter, RuntimeException cause) {
        return parameter(parameter, "can't be read: " + cause.getMessage());
    }

    private static ApiException parameter(Parameter parameter, String problem) {
        String where = parameter.getIn().toString().toLowerCase(Locale.ROOT);
        return new ApiException(
                ErrorCode.BAD_REQUEST,
                "The " + where + " parameter " + parameter.getName() + " " + problem + ".",
                List.of(new FieldError(parameter.getName(), problem)));
    }
}
