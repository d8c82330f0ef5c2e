package dev.stationmaster.platform.bus;

import dev.stationmaster.platform.web.JsonMapping;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageCodec;
import java.nio.charset.StandardCharsets;

/**
 * The one codec: the same object locally, {@code [type length][type][body length][JSON]} between nodes. Only types of
 * {@link MessageTypes} are read from the wire. Thread-safe.
 */
final class BusCodec implements MessageCodec<BusMessage, BusMessage> {
    static final String NAME = "stationmaster";

    private final MessageTypes types;

    BusCodec(MessageTypes types) {
        this.types = types;
    }

    @Override
    public void encodeToWire(Buffer buffer, BusMessage message) {
        append(buffer, message.getClass().getName().getBytes(StandardCharsets.UTF_8));
        append(buffer, JsonMapping.bytes(message));
    }

    private static void append(Buffer buffer, byte[] bytes) {
        buffer.appendInt(bytes.length).appendBytes(bytes);
    }

    @Override
    public BusMessage decodeFromWire(int start, Buffer buffer) {
        int nameLength = buffer.getInt(start);
        int body = start + 4 + nameLength;
        String name = buffer.getString(start + 4, body);
        int length = buffer.getInt(body);
        return JsonMapping.read(buffer.getBytes(body + 4, body + 4 + length), types.find(name));
    }

    @Override
    public BusMessage transform(BusMessage message) {
        return message;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public byte systemCodecID() {
        return -1;
    }
}
