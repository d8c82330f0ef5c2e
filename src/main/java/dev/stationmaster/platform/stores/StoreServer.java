package dev.stationmaster.platform.stores;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What {@link StoreProcess} must know of the server that it keeps running. */
interface StoreServer {
    /** For messages, e.g. {@code PostgreSQL}. */
    String name();

    List<String> command(int port);

    /** Takes stdout and stderr; a file, since a pipe would break when the server is killed. */
    Path logFile();

    /** Whether this very process serves now. */
    boolean ready(long pid, int port) throws IOException;

    /** Called before it is started again after a crash: ends what the crashed one left running. */
    default void afterCrash() {}

    /** Asks for a clean and quick end. */
    String stopSignal();
}
