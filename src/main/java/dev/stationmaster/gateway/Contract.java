package dev.stationmaster.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.stationmaster.platform.web.Role;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.openapi.contract.OpenAPIContract;
import io.vertx.openapi.contract.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** {@code openapi.yaml}, and who may call what by its {@code x-roles}. An operation without roles is refused to all. */
public final class Contract {
    static final String FILE = "openapi/openapi.yaml";
    static final String BASE = "/api/v1";

    private final OpenAPIContract openApi;
    private final RequestSchemas requestSchemas;
    private final Map<String, List<Role>> roles = new LinkedHashMap<>();

    private Contract(OpenAPIContract openApi, RequestSchemas requestSchemas) {
        this.openApi = openApi;
        this.requestSchemas = requestSchemas;
        for (Operation operation : openApi.operations()) {
            roles.put(operation.getOperationId(), readRoles(operation));
        }
    }

    public static Future<Contract> load(Vertx vertx) {
        return vertx.executeBlocking(Contract::read, false).compose(tree -> {
            Future<RequestSchemas> schemas = vertx.executeBlocking(() -> new RequestSchemas(tree), false);
            return vertx.executeBlocking(() -> withoutAnswers(tree), false)
                    .compose(json -> OpenAPIContract.from(vertx, json))
                    .compose(openApi -> schemas.map(made -> new Contract(openApi, made)));
        });
    }

    /** Compiles what requests are compared with, so that the first of each operation need not wait for it. Blocking. */
    public void warmUp() {
        requestSchemas.compileAll();
    }

    /**
     * Vert.x 5.0.10 knows a fixed list of media types and refuses a contract with others, such as
     * application/problem+json. Answers are not validated, so what they say of their content is left out here; the file
     * that people read has it.
     */
    private static JsonObject withoutAnswers(JsonNode contract) {
        var json = new JsonObject(contract.toString());
        dropAnswerContent(json.getJsonObject("components").getJsonObject("responses"));
        for (var path : json.getJsonObject("paths")) {
            for (var operation : (JsonObject) path.getValue()) {
                dropAnswerContent(((JsonObject) operation.getValue()).getJsonObject("responses"));
            }
        }
        return json;
    }

    /** The whole contract. Blocking. */
    static JsonNode read() throws IOException {
        try (InputStream in = Objects.requireNonNull(
                Contract.class.getClassLoader().getResourceAsStream(FILE), FILE + " is missing")) {
            return new YAMLMapper().readTree(in);
        }
    }

    private static void dropAnswerContent(JsonObject responses) {
        responses.forEach(response -> ((JsonObject) response.getValue()).remove("content"));
    }

    OpenAPIContract openApi() {
        return openApi;
    }

    RequestSchemas requestSchemas() {
        return requestSchemas;
    }

    /** The lowest roles that may call it; empty: nobody but through a public operation. */
    List<Role> roles(String operationId) {
        return roles.getOrDefault(operationId, List.of());
    }

    static boolean isPublic(Operation operation) {
        var security = operation.getOpenAPIModel().getJsonArray("security");
        return security != null && security.isEmpty();
    }

    private static List<Role> readRoles(Operation operation) {
        JsonArray names = operation.getOpenAPIModel().getJsonArray("x-roles", new JsonArray());
        return names.stream().map(name -> Role.of(name.toString())).toList();
    }
}
