package dev.stationmaster.gateway.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stationmaster.gateway.live.WebSocketFrames.ProtocolException;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WebSocketFramesTest {
    private final List<String> seen = new ArrayList<>();
    private final WebSocketFrames frames = new WebSocketFrames(new WebSocketFrames.Receiver() {
        @Override
        public void text(String message) {
            seen.add("text " + message);
        }

        @Override
        public void ping(Buffer payload) {
            seen.add("ping " + payload);
        }

        @Override
        public void pong() {
            seen.add("pong");
        }

        @Override
        public void closed(int code) {
            seen.add("close " + code);
        }
    });

    /** A masked frame as clients send it. */
    static Buffer client(int first, byte[] payload) {
        byte[] mask = {11, 22, 33, 44};
        Buffer frame = Buffer.buffer().appendUnsignedByte((short) first);
        if (payload.length < 126) {
            frame.appendUnsignedByte((short) (0x80 | payload.length));
        } else if (payload.length < 1 << 16) {
            frame.appendUnsignedByte((short) (0x80 | 126)).appendUnsignedShort(payload.length);
        } else {
            frame.appendUnsignedByte((short) (0x80 | 127)).appendLong(payload.length);
        }
        frame.appendBytes(mask);
        for (int i = 0; i < payload.length; i++) {
            frame.appendByte((byte) (payload[i] ^ mask[i & 3]));
        }
        return frame;
    }

    static Buffer client(int first, String payload) {
        return client(first, payload.getBytes(StandardCharsets.UTF_8));
    }

    private int refused(Buffer bytes) {
        return catchThrowableOfType(ProtocolException.class, () -> frames.read(bytes)).code;
    }

    @Test
    void acceptKeyOfTheRfc() {
        assertThat(WebSocketFrames.accept("dGhlIHNhbXBsZSBub25jZQ==")).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    @Test
    void threeFormsOfLength() {
        assertThat(WebSocketFrames.text("abc")).isEqualTo(Buffer.buffer(new byte[] {(byte) 0x81, 3, 'a', 'b', 'c'}));
        Buffer middle = WebSocketFrames.text("x".repeat(126));
        assertThat(middle.getUnsignedByte(1)).isEqualTo((short) 126);
        assertThat(middle.getUnsignedShort(2)).isEqualTo(126);
        Buffer large = WebSocketFrames.text("x".repeat(70_000));
        assertThat(large.getUnsignedByte(1)).isEqualTo((short) 127);
        assertThat(large.getLong(2)).isEqualTo(70_000);
        assertThat(large.length()).isEqualTo(70_010);
    }

    @Test
    void closeFrames() {
        assertThat(WebSocketFrames.close(4401, "x")).isEqualTo(Buffer.buffer(new byte[] {(byte) 0x88, 3, 17, 49, 'x'}));
        assertThat(WebSocketFrames.close(WebSocketFrames.NO_STATUS, "x").length())
                .isEqualTo(2);
    }

    @Test
    void readsByteByByte() throws ProtocolException {
        Buffer bytes = client(0x81, "grüße").appendBuffer(client(0x89, "p")).appendBuffer(client(0x8a, ""));
        for (int i = 0; i < bytes.length(); i++) {
            frames.read(bytes.getBuffer(i, i + 1));
        }
        assertThat(seen).containsExactly("text grüße", "ping p", "pong");
    }

    @Test
    void fragmentsWithAPingBetween() throws ProtocolException {
        byte[] word = "grüße".getBytes(StandardCharsets.UTF_8);
        byte[] head = java.util.Arrays.copyOf(word, 3); // in the middle of a character
        byte[] tail = java.util.Arrays.copyOfRange(word, 3, word.length);
        frames.read(client(0x01, head)
                .appendBuffer(client(0x89, "p"))
                .appendBuffer(client(0x00, ""))
                .appendBuffer(client(0x80, tail)));
        assertThat(seen).containsExactly("ping p", "text grüße");
    }

    @Test
    void largestMessage() throws ProtocolException {
        frames.read(client(0x81, new byte[WebSocketFrames.MAX_MESSAGE]));
        assertThat(seen).hasSize(1);
        assertThat(refused(client(0x81, new byte[WebSocketFrames.MAX_MESSAGE + 1])))
                .isEqualTo(1009);
    }

    @Test
    void oversizedByFragmentsOrByItsHeaderAlone() throws ProtocolException {
        frames.read(client(0x01, new byte[WebSocketFrames.MAX_MESSAGE]));
        assertThat(refused(client(0x00, new byte[1]))).isEqualTo(1009);
        Buffer header = client(0x81, new byte[70_000]).getBuffer(0, 14);
        assertThat(refused(header)).isEqualTo(1009);
    }

    @Test
    void brokenFrames() {
        assertThat(refused(Buffer.buffer(new byte[] {(byte) 0x81, 1, 'a'})))
                .as("not masked")
                .isEqualTo(1002);
        assertThat(fresh().refused(client(0xc1, "a"))).as("reserved bit").isEqualTo(1002);
        assertThat(fresh().refused(client(0x83, "a"))).as("unknown opcode").isEqualTo(1002);
        assertThat(fresh().refused(client(0x80, "a"))).as("continues nothing").isEqualTo(1002);
        assertThat(fresh().refused(client(0x09, "a"))).as("fragmented ping").isEqualTo(1002);
        assertThat(fresh().refused(client(0x89, "a".repeat(126))))
                .as("long ping")
                .isEqualTo(1002);
        assertThat(fresh().refused(client(0x01, "a").appendBuffer(client(0x81, "b"))))
                .as("text within text")
                .isEqualTo(1002);
        assertThat(fresh().refused(client(0x82, "a"))).as("binary").isEqualTo(1003);
        assertThat(fresh().refused(client(0x81, new byte[] {(byte) 0xff})))
                .as("not UTF-8")
                .isEqualTo(1007);
        assertThat(fresh().refused(client(0x81, new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80})))
                .as("surrogate")
                .isEqualTo(1007);
        Buffer wasteful = Buffer.buffer(new byte[] {(byte) 0x81, (byte) 0xfe, 0, 5, 0, 0, 0, 0});
        assertThat(fresh().refused(wasteful))
                .as("length not in the shortest form")
                .isEqualTo(1002);
        Buffer negative = Buffer.buffer(new byte[] {(byte) 0x81, (byte) 0xff, (byte) 0x80, 0, 0, 0, 0, 0, 0, 0});
        assertThat(fresh().refused(negative)).as("negative length").isEqualTo(1002);
    }

    @Test
    void closeCodes() throws ProtocolException {
        assertThat(fresh().refused(client(0x88, new byte[] {1}))).isEqualTo(1002);
        for (int code : new int[] {0, 999, 1004, 1005, 1006, 1015, 2999, 5000}) {
            assertThat(fresh().refused(client(
                            0x88, Buffer.buffer().appendUnsignedShort(code).getBytes())))
                    .as("%s", code)
                    .isEqualTo(1002);
        }
        assertThat(fresh().refused(client(0x88, new byte[] {3, (byte) 0xe8, (byte) 0xff})))
                .as("reason not UTF-8")
                .isEqualTo(1007);
        frames.read(client(0x88, new byte[] {3, (byte) 0xe8, 'o', 'k'}).appendBuffer(client(0x81, "after the end")));
        assertThat(seen).containsExactly("close 1000");
        WebSocketFramesTest other = fresh();
        other.frames.read(client(0x88, ""));
        assertThat(other.seen).containsExactly("close 1005");
    }

    private static WebSocketFramesTest fresh() {
        return new WebSocketFramesTest();
    }
}
