package dev.stationmaster;

import dev.stationmaster.platform.stores.EmbeddedStores;

/** What tests may see of a server that nobody else may. */
public final class ServerInternals {
    private ServerInternals() {}

    public static EmbeddedStores stores(Server server) {
        return server.stores();
    }
}
