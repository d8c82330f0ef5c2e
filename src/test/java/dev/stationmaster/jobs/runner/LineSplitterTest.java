package dev.stationmaster.jobs.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineSplitterTest {
    private final List<String> lines = new ArrayList<>();

    @Test
    void joins_lines_over_buffers_and_delivers_the_last_partial_one() {
        LineSplitter splitter = new LineSplitter(100);
        feed(splitter, "one\r\ntw");
        feed(splitter, "o\n\nthree");
        assertThat(lines).containsExactly("one", "two", "");
        splitter.finish(lines);
        splitter.finish(lines);
        assertThat(lines).containsExactly("one", "two", "", "three");
    }

    @Test
    void removes_nul_and_replaces_what_is_not_utf_8() {
        LineSplitter splitter = new LineSplitter(100);
        splitter.feed(ByteBuffer.wrap(new byte[] {'a', 0, 'b', (byte) 0xFF, 'c', '\n'}), lines);
        assertThat(lines).containsExactly("ab\uFFFDc");
    }

    @Test
    void cuts_a_long_line_between_characters_and_counts_what_is_missing() {
        LineSplitter splitter = new LineSplitter(4);
        feed(splitter, "abcdefg\nabcd\nabcäx\nabä\n");
        assertThat(lines).containsExactly("abcd … [line cut: 3 bytes]", "abcd", "abc … [line cut: 3 bytes]", "abä");
    }

    private void feed(LineSplitter splitter, String text) {
        splitter.feed(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), lines);
    }
}
