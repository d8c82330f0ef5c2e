package dev.stationmaster.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.Vertx;
import io.vertx.openapi.contract.Operation;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** The contract and the code say the same. */
class ContractTest {
    private static final Vertx VERTX = Vertx.vertx();

    @AfterAll
    static void close() {
        VERTX.close().await();
    }

    @Test
    void every_operation_is_public_or_names_its_roles() {
        Contract contract = Contract.load(VERTX).await();
        for (Operation operation : contract.openApi().operations()) {
            boolean named = !contract.roles(operation.getOperationId()).isEmpty();
            assertThat(named).as(operation.getOperationId()).isNotEqualTo(Contract.isPublic(operation));
        }
    }

    /** A server with a missing handler does not start; one with too many would have dead code. */
    @Test
    void handlers_and_operations_are_the_same_set() {
        Contract contract = Contract.load(VERTX).await();
        var operations = contract.openApi().operations().stream()
                .map(Operation::getOperationId)
                .toList();
        assertThat(TestServer.shared().operationIds()).containsExactlyInAnyOrderElementsOf(operations);
    }

    /** Parameters are read by the server URL's path; mounted elsewhere they would be silently wrong. */
    @Test
    void the_mount_path_is_the_path_of_the_server_url() {
        Contract contract = Contract.load(VERTX).await();
        assertThat(contract.openApi().getServers()).hasSize(1);
        assertThat(contract.openApi().getServers().get(0).getBasePath()).isEqualTo(Contract.BASE);
        Api api = TestServer.shared().admin();
        api.get("/jobs/v1").problem(400, "bad_request");
        api.get("/agents/12345678").problem(404, "not_found");
    }
}
