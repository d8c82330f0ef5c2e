package dev.stationmaster.platform.stores;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Asks a Redis on this machine over a plain socket: enough to know that it answers. */
final class RedisProbe {
    private static final int TIMEOUT_MILLIS = 2_000;
    private static final byte[] LOOPBACK = {127, 0, 0, 1};

    private RedisProbe() {}

    /** Logs in, sends one command of words without spaces, and returns the reply's first line, e.g. {@code +PONG}. */
    static String ask(int port, String password, String command) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), port), TIMEOUT_MILLIS);
            var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            socket.getOutputStream()
                    .write(("AUTH " + password + "\r\n" + command + "\r\n").getBytes(StandardCharsets.UTF_8));
            String login = String.valueOf(in.readLine());
            String reply = login.startsWith("+OK") ? String.valueOf(in.readLine()) : login;
            return reply.startsWith("$") && !reply.startsWith("$-") ? String.valueOf(in.readLine()) : reply;
        }
    }
}
