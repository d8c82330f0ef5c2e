package dev.stationmaster.gateway.live;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The server's half of RFC 6455: static methods make frames that may be shared by sockets, an instance reads what one
 * client sends. Text only, no extensions, messages up to {@value #MAX_MESSAGE} bytes. An instance is bound to the event
 * loop of its socket.
 *
 * <p>Ours and not Vert.x's, because a Vert.x WebSocket makes one network write per frame, and that write is nearly the
 * whole cost of a frame: several frames made here go out as one write.
 */
final class WebSocketFrames {
    static final int MAX_MESSAGE = 1 << 16;

    static final int NORMAL = 1000;
    static final int GOING_AWAY = 1001;
    static final int PROTOCOL_ERROR = 1002;
    static final int UNSUPPORTED = 1003;
    static final int NO_STATUS = 1005;
    static final int INVALID_TEXT = 1007;
    static final int POLICY = 1008;
    static final int TOO_BIG = 1009;

    private static final int CONTINUATION = 0;
    private static final int TEXT = 1;
    private static final int BINARY = 2;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;
    private static final int FIN = 0x80;
    private static final int MASKED = 0x80;
    private static final int MAX_CONTROL = 125;
    private static final String MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /** What a client sent. A call may close the socket; nothing follows {@link #closed}. */
    interface Receiver {
        void text(String message);

        void ping(Buffer payload);

        void pong();

        /** The client's close frame; {@link #NO_STATUS} when it gave no code. */
        void closed(int code);
    }

    /** The client broke the protocol; the socket must be closed with {@link #code}. */
    static final class ProtocolException extends Exception {
        private static final long serialVersionUID = 1L;
        final int code;

        ProtocolException(int code, String reason) {
            super(reason, null, false, false);
            this.code = code;
        }
    }

    private final Receiver receiver;
    private Buffer unread = Buffer.buffer();
    /** The fragments so far of a text message; null between messages. */
    private @Nullable Buffer message;

    private boolean closed;

    WebSocketFrames(Receiver receiver) {
        this.receiver = receiver;
    }

    /** The Sec-WebSocket-Accept header for a Sec-WebSocket-Key. */
    static String accept(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-1").digest((key + MAGIC).getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-1", e);
        }
    }

    static Buffer text(String message) {
        return frame(TEXT, message.getBytes(StandardCharsets.UTF_8));
    }

    static Buffer ping() {
        return frame(PING, new byte[0]);
    }

    static Buffer pong(Buffer payload) {
        return frame(PONG, payload.getBytes());
    }

    /** @param reason at most 123 bytes of ASCII; left out where the code is {@link #NO_STATUS} */
    static Buffer close(int code, String reason) {
        if (code == NO_STATUS) {
            return frame(CLOSE, new byte[0]);
        }
        return frame(
                CLOSE,
                Buffer.buffer().appendUnsignedShort(code).appendString(reason).getBytes());
    }

    private static Buffer frame(int opcode, byte[] payload) {
        int length = payload.length;
        Buffer frame = Buffer.buffer(length + 10).appendUnsignedByte((short) (FIN | opcode));
        if (length < 126) {
            frame.appendUnsignedByte((short) length);
        } else if (length < 1 << 16) {
            frame.appendUnsignedByte((short) 126).appendUnsignedShort(length);
        } else {
            frame.appendUnsignedByte((short) 127).appendLong(length);
        }
        return frame.appendBytes(payload);
    }

    /** Takes bytes as they come from the network; whole frames are handed to the receiver at once. */
    void read(Buffer bytes) throws ProtocolException {
        unread = unread.length() == 0 ? bytes : unread.appendBuffer(bytes);
        int position = 0;
        while (!closed) {
            int next = readFrame(unread, position);
            if (next < 0) {
                break;
            }
            position = next;
        }
        if (position > 0) {
            unread = closed ? Buffer.buffer() : unread.getBuffer(position, unread.length());
        }
    }

    /** @return where the next frame begins, or -1 when this one is not complete yet */
    private int readFrame(Buffer in, int start) throws ProtocolException {
        int available = in.length() - start;
        if (available < 2) {
            return -1;
        }
        int first = in.getUnsignedByte(start);
        int second = in.getUnsignedByte(start + 1);
        checkHeader(first, second);
        int shortLength = second & 0x7f;
        int extra = shortLength == 126 ? 2 : shortLength == 127 ? 8 : 0;
        if (available < 2 + extra) {
            return -1;
        }
        int length = length(in, start + 2, shortLength);
        int payload = start + 2 + extra + 4;
        if (in.length() < payload + length) {
            return -1;
        }
        handle(first & 0x0f, (first & FIN) != 0, unmask(in, payload - 4, length));
        return payload + length;
    }

    private static void checkHeader(int first, int second) throws ProtocolException {
        if ((first & 0x70) != 0) {
            throw new ProtocolException(PROTOCOL_ERROR, "No extension was agreed");
        }
        if ((second & MASKED) == 0) {
            throw new ProtocolException(PROTOCOL_ERROR, "Frames of clients must be masked");
        }
        int opcode = first & 0x0f;
        if (opcode >= CLOSE && ((first & FIN) == 0 || (second & 0x7f) > MAX_CONTROL)) {
            throw new ProtocolException(PROTOCOL_ERROR, "Control frame fragmented or too long");
        }
        if (opcode > PONG || (opcode > BINARY && opcode < CLOSE)) {
            throw new ProtocolException(PROTOCOL_ERROR, "Unknown opcode");
        }
    }

    /** Checked before the payload is waited for, so that no client makes us gather more than one message. */
    private int length(Buffer in, int at, int shortLength) throws ProtocolException {
        long length = shortLength;
        if (shortLength == 126) {
            length = in.getUnsignedShort(at);
        } else if (shortLength == 127) {
            length = in.getLong(at);
        }
        boolean shortest = shortLength < 126 || (shortLength == 126 ? length > 125 : length >> 16 != 0);
        if (!shortest || length < 0) {
            throw new ProtocolException(PROTOCOL_ERROR, "Bad length");
        }
        long before = message == null ? 0 : message.length();
        if (shortLength > MAX_CONTROL && before + length > MAX_MESSAGE) {
            throw new ProtocolException(TOO_BIG, "Messages may have " + MAX_MESSAGE + " bytes");
        }
        return (int) length;
    }

    private static byte[] unmask(Buffer in, int mask, int length) {
        byte[] bytes = in.getBytes(mask + 4, mask + 4 + length);
        for (int i = 0; i < length; i++) {
            bytes[i] ^= in.getByte(mask + (i & 3));
        }
        return bytes;
    }

    private void handle(int opcode, boolean fin, byte[] payload) throws ProtocolException {
        switch (opcode) {
            case TEXT -> {
                if (message != null) {
                    throw new ProtocolException(PROTOCOL_ERROR, "The message before is not finished");
                }
                gather(Buffer.buffer(), fin, payload);
            }
            case CONTINUATION -> {
                if (message == null) {
                    throw new ProtocolException(PROTOCOL_ERROR, "There is no message to continue");
                }
                gather(message, fin, payload);
            }
            case BINARY -> throw new ProtocolException(UNSUPPORTED, "Only text messages are understood");
            case CLOSE -> {
                closed = true;
                receiver.closed(closeCode(payload));
            }
            case PING -> receiver.ping(Buffer.buffer(payload));
            default -> receiver.pong();
        }
    }

    private void gather(Buffer before, boolean fin, byte[] payload) throws ProtocolException {
        if (before.length() + payload.length > MAX_MESSAGE) {
            throw new ProtocolException(TOO_BIG, "Messages may have " + MAX_MESSAGE + " bytes");
        }
        if (!fin) {
            message = before.appendBytes(payload);
            return;
        }
        message = null;
        receiver.text(checkText(
                before.length() == 0 ? payload : before.appendBytes(payload).getBytes(), 0));
    }

    @CanIgnoreReturnValue
    private static String checkText(byte[] bytes, int from) throws ProtocolException {
        try {
            ByteBuffer text = ByteBuffer.wrap(bytes, from, bytes.length - from);
            return StandardCharsets.UTF_8.newDecoder().decode(text).toString();
        } catch (CharacterCodingException e) {
            throw new ProtocolException(INVALID_TEXT, "Text must be UTF-8");
        }
    }

    private static int closeCode(byte[] payload) throws ProtocolException {
        if (payload.length == 0) {
            return NO_STATUS;
        }
        int code = payload.length == 1 ? 0 : (payload[0] & 0xff) << 8 | (payload[1] & 0xff);
        boolean defined = code >= NORMAL && code <= 1014 && code != 1004 && code != NO_STATUS && code != 1006;
        if (!defined && (code < 3000 || code > 4999)) {
            throw new ProtocolException(PROTOCOL_ERROR, "Bad close code");
        }
        checkText(payload, 2);
        return code;
    }
}
