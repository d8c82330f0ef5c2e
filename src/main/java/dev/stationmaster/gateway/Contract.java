package dev.stationmaster.gateway;

import dev.stationmaster.platform.web.Role;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.openapi.contract.OpenAPIContract;
import io.vertx.openapi.contract.Operation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code openapi.yaml}, and who may call what by its {@code x-roles}. An operation without roles is refused to all. */
public final class Contract {
    static final String FILE = "openapi/openapi.yaml";
    static final String BASE = "/api/v1";

    private final OpenAPIContract openApi;
    private final Map<String, List<Role>> roles = new LinkedHashMap<>();

    private Contract(OpenAPIContract openApi) {
        this.openApi = openApi;
        for (Operation operation : openApi.operations()) {
            roles.put(operation.getOperationId(), readRoles(operation));
        }
    }

    public static Future<Contract> load(Vertx vertx) {
        return OpenAPIContract.from(vertx, FILE).map(Contract::new);
    }

    OpenAPIContract openApi() {
        return openApi;
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
