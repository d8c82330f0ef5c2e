package dev.stationmaster.testing;

import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A wire between two programs that a test can cut and mend. Listens on loopback. */
public final class CuttableProxy implements AutoCloseable {
    private final Vertx vertx = Vertx.vertx();
    private final Set<NetSocket> open = ConcurrentHashMap.newKeySet();
    private final NetServer server;
    private volatile int target;
    private volatile boolean cut;

    public CuttableProxy(int target) {
        this.target = target;
        NetClient client = vertx.createNetClient();
        server = vertx.createNetServer()
                .connectHandler(here -> {
                    if (cut) {
                        here.close();
                        return;
                    }
                    here.pause();
                    client.connect(this.target, "127.0.0.1")
                            .onSuccess(there -> {
                                join(here, there);
                                join(there, here);
                                here.resume();
                            })
                            .onFailure(e -> here.close());
                })
                .listen(0, "127.0.0.1")
                .await();
    }

    private void join(NetSocket from, NetSocket to) {
        open.add(from);
        from.handler(to::write);
        from.closeHandler(closed -> {
            open.remove(from);
            to.close();
        });
        from.exceptionHandler(e -> to.close());
    }

    public int port() {
        return server.actualPort();
    }

    /** Nothing gets through any more. */
    public void cut() {
        cut = true;
        open.forEach(NetSocket::close);
    }

    public void mend() {
        cut = false;
    }

    /** Leads elsewhere from now on. */
    public void lead(int port) {
        target = port;
    }

    @Override
    public void close() {
        vertx.close().await();
    }
}
