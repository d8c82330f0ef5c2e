package dev.stationmaster.jobs.runner;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Hands out ports of this machine, each to one holder at a time. A port is free when nobody listens there now; somebody
 * else may still be faster. Thread-safe; asks the system, so it may block for a moment.
 */
public final class FreePorts {
    private static final int TRIES = 100;

    private final Map<Object, Integer> taken = new HashMap<>();

    /** The wished port if it is free, or any. */
    public synchronized int take(Object holder, @Nullable Integer wish) {
        if (wish != null && !taken.containsValue(wish) && open(wish) != 0) {
            taken.put(holder, wish);
            return wish;
        }
        for (int i = 0; i < TRIES; i++) {
            int port = open(0);
            if (port != 0 && !taken.containsValue(port)) {
                taken.put(holder, port);
                return port;
            }
        }
        throw new LaunchException("No free port was found on this machine.");
    }

    /** It has the port already. */
    public synchronized void hold(Object holder, int port) {
        taken.put(holder, port);
    }

    public synchronized void giveBack(Object holder) {
        taken.remove(holder);
    }

    /** 0: it is in use. */
    private static int open(int port) {
        try (var socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress((InetAddress) null, port), 1);
            return socket.getLocalPort();
        } catch (IOException e) {
            return 0;
        }
    }
}
