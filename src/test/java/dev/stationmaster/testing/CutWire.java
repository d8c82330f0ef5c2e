package dev.stationmaster.testing;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** A wire to a port of this machine, which is cut after some bytes and can be mended. */
public final class CutWire implements AutoCloseable {
    private final Vertx vertx = Vertx.vertx();
    private final NetClient client = vertx.createNetClient();
    private final AtomicLong left = new AtomicLong(Long.MAX_VALUE);
    private final Set<NetSocket> open = ConcurrentHashMap.newKeySet();
    private final NetServer server;

    public CutWire(int port) {
        server = vertx.createNetServer()
                .connectHandler(near -> connect(near, port))
                .listen(0, "127.0.0.1")
                .await();
    }

    public int port() {
        return server.actualPort();
    }

    public String endpoint() {
        return "http://127.0.0.1:" + port();
    }

    /** Nothing gets through any more. */
    public void cut() {
        cutAfter(0);
        open.forEach(CutWire::close);
    }

    /** What is sent after so many bytes, in all, is lost with its connection; so is every later connection. */
    public void cutAfter(long bytes) {
        left.set(bytes);
    }

    public void mend() {
        left.set(Long.MAX_VALUE);
    }

    private void connect(NetSocket near, int port) {
        near.pause();
        open.add(near);
        near.closeHandler(done -> open.remove(near));
        client.connect(port, "127.0.0.1").onFailure(e -> close(near)).onSuccess(far -> {
            near.handler(bytes -> pass(bytes, near, far));
            far.handler(bytes -> near.write(bytes).onFailure(e -> close(far)));
            near.closeHandler(done -> {
                open.remove(near);
                close(far);
            });
            far.closeHandler(done -> close(near));
            near.resume();
        });
    }

    private void pass(Buffer bytes, NetSocket near, NetSocket far) {
        if (left.addAndGet(-bytes.length()) < 0) {
            close(near);
            close(far);
        } else {
            far.write(bytes).onFailure(e -> close(near));
        }
    }

    private static void close(NetSocket socket) {
        socket.close().onFailure(e -> {});
    }

    @Override
    public void close() {
        vertx.close().await();
    }
}
