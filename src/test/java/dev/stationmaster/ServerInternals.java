package dev.stationmaster;

import dev.stationmaster.platform.stores.EmbeddedStores;
import java.util.Set;

/** What tests may see of a server that nobody else may. */
public final class ServerInternals {
    private ServerInternals() {}

    public static Set<String> operationIds(Server server) {
        return server.operationIds();
    }

    public static EmbeddedStores stores(Server server) {
        return server.stores();
    }
}
