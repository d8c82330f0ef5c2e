package dev.stationmaster;

import dev.stationmaster.platform.stores.EmbeddedStores;
import dev.stationmaster.platform.time.Clock;
import java.util.Set;

/** What tests may see of a server that nobody else may. */
public final class ServerInternals {
    private ServerInternals() {}

    public static Server start(Settings settings, Clock clock) {
        return Server.start(settings, clock);
    }

    public static Set<String> operationIds(Server server) {
        return server.operationIds();
    }

    public static EmbeddedStores stores(Server server) {
        return server.stores();
    }
}
