package dev.stationmaster.gateway;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.dialect.Dialects;
import com.networknt.schema.path.PathType;
import io.vertx.openapi.contract.Operation;
import io.vertx.openapi.contract.Parameter;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The JSON schemas of the contract's request bodies and parameters, all parts of one document. Thread-safe.
 */
final class RequestSchemas {
    private static final String DOCUMENT = "https://stationmaster.invalid/openapi.json";

    private final JsonNode contract;
    private final Schema root;
    private final Map<String, Schema> byPointer = new HashMap<>();

    RequestSchemas(JsonNode contract) {
        this.contract = contract;
        SchemaRegistryConfig config = SchemaRegistryConfig.builder()
                .pathType(PathType.JSON_POINTER)
                .locale(Locale.ENGLISH)
                .formatAssertionsEnabled(true)
                .preloadSchema(false) // the whole is no schema, its parts are
                .build();
        root = SchemaRegistry.withDialect(Dialects.getOpenApi31(), builder -> builder.schemaRegistryConfig(config))
                .getSchema(SchemaLocation.of(DOCUMENT), contract);
    }

    /** What was handed out so far is compiled now and not at its first use. */
    synchronized void compileAll() {
        byPointer.values().forEach(Schema::initializeValidators);
    }

    /** Null where the operation takes no JSON body. */
    @Nullable
    Schema body(Operation operation) {
        String pointer = followed(of(operation) + "/requestBody") + "/content/application~1json/schema";
        return exists(pointer) ? at(pointer) : null;
    }

    Schema parameter(Operation operation, Parameter parameter) {
        String own = parameterIn(of(operation) + "/parameters", parameter);
        String found = own == null ? parameterIn(path(operation) + "/parameters", parameter) : own;
        if (found == null) {
            throw new IllegalStateException(operation.getOperationId() + " has no parameter " + parameter.getName());
        }
        return at(found + "/schema");
    }

    private @Nullable String parameterIn(String list, Parameter parameter) {
        int count = contract.at(JsonPointer.compile(list)).size();
        for (int i = 0; i < count; i++) {
            String pointer = followed(list + "/" + i);
            JsonNode node = contract.at(JsonPointer.compile(pointer));
            if (node.path("name").asText().equals(parameter.getName())
                    && node.path("in")
                            .asText()
                            .equalsIgnoreCase(parameter.getIn().toString())) {
                return pointer;
            }
        }
        return null;
    }

    private static String path(Operation operation) {
        return "/paths/" + operation.getOpenAPIPath().replace("~", "~0").replace("/", "~1");
    }

    private static String of(Operation operation) {
        return path(operation) + "/" + operation.getHttpMethod().name().toLowerCase(Locale.ROOT);
    }

    /** Where a reference object leads. */
    private String followed(String pointer) {
        JsonNode ref = contract.at(JsonPointer.compile(pointer)).path("$ref");
        return ref.isTextual() ? followed(ref.asText().substring(1)) : pointer;
    }

    private boolean exists(String pointer) {
        return !contract.at(JsonPointer.compile(pointer)).isMissingNode();
    }

    private synchronized Schema at(String pointer) {
        return byPointer.computeIfAbsent(pointer, p -> root.getRefSchema(SchemaLocation.Fragment.of(p)));
    }
}
