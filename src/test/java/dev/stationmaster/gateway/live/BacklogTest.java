package dev.stationmaster.gateway.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BacklogTest {
    private final List<LiveFrame> dropped = new ArrayList<>();
    private final Backlog backlog = new Backlog(dropped::add);

    private static LiveFrame frame(long sequence, String key, int size) {
        return new LiveFrame(sequence, key, List.of("jobs"), Buffer.buffer(new byte[size]));
    }

    private List<Long> drain() {
        var sequences = new ArrayList<Long>();
        for (LiveFrame next = backlog.poll(); next != null; next = backlog.poll()) {
            sequences.add(next.sequence());
        }
        return sequences;
    }

    @Test
    void latestPerKeyInTheOrderOfMaking() {
        backlog.add(frame(1, "a", 10));
        backlog.add(frame(2, null, 10));
        backlog.add(frame(3, "b", 10));
        backlog.add(frame(4, "a", 10));
        backlog.add(frame(5, null, 10));
        assertThat(drain()).containsExactly(2L, 3L, 4L, 5L);
        assertThat(dropped).isEmpty();
        assertThat(backlog.isEmpty()).isTrue();
    }

    @Test
    void dropsTheOldestBeyondTheCount() {
        for (int i = 0; i < Backlog.MAX_FRAMES + 3; i++) {
            backlog.add(frame(i, null, 1));
            backlog.add(frame(i, "key" + i, 1));
        }
        assertThat(dropped).extracting(LiveFrame::sequence).containsExactly(0L, 0L, 1L, 1L, 2L, 2L);
        assertThat(drain()).hasSize(2 * Backlog.MAX_FRAMES).contains(3L);
    }

    @Test
    void dropsTheOldestBeyondTheBytesButKeepsTheNewest() {
        backlog.add(frame(1, null, 600_000));
        backlog.add(frame(2, null, 600_000));
        assertThat(dropped).extracting(LiveFrame::sequence).containsExactly(1L);
        backlog.add(frame(3, null, 2_000_000));
        assertThat(drain()).containsExactly(3L);
        backlog.add(frame(4, null, 600_000));
        assertThat(dropped).hasSize(2);
    }

    @Test
    void bytesOfReplacedFramesDoNotCount() {
        for (int i = 0; i < 10; i++) {
            backlog.add(frame(i, "same", 600_000));
        }
        assertThat(dropped).isEmpty();
        assertThat(drain()).containsExactly(9L);
    }
}
