package dev.stationmaster.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OutboxTest {
    private final Outbox outbox = new Outbox();

    @Test
    void what_is_not_confirmed_is_sent_again() {
        assertThat(outbox.add(List.of("a", "b", "c")).succeeded()).isTrue();
        assertThat(outbox.batch().getLong("from")).isZero();
        outbox.confirm(2, 0);
        assertThat(outbox.batch())
                .isEqualTo(new JsonObject()
                        .put("from", 2L)
                        .put("lines", new JsonArray().add("c"))
                        .put("notes", new JsonArray()));
        outbox.confirm(2, 0); // the same answer again
        assertThat(outbox.isEmpty()).isFalse();
        outbox.confirm(3, 0);
        assertThat(outbox.isEmpty()).isTrue();
    }

    @Test
    void notes_go_along_once_and_the_newest_are_kept() {
        outbox.note(IntStream.range(0, 130).mapToObj(Integer::toString).toList());
        JsonArray notes = outbox.batch().getJsonArray("notes");
        assertThat(notes).hasSize(100);
        assertThat(notes.getString(0)).isEqualTo("30");
        long sent = outbox.notesEnd();
        outbox.note(List.of("later"));
        outbox.confirm(0, sent);
        assertThat(outbox.batch().getJsonArray("notes")).containsExactly("later");
    }

    @Test
    void a_full_box_makes_the_program_wait_until_there_is_room() {
        String line = "x".repeat((1 << 20) - 1);
        for (int i = 0; i < 7; i++) {
            assertThat(outbox.add(List.of(line)).isComplete()).isTrue();
        }
        var room = outbox.add(List.of(line));
        assertThat(room.isComplete()).isFalse();
        assertThat(outbox.batch().getJsonArray("lines"))
                .as("at least one, however long")
                .hasSize(1);
        outbox.confirm(1, 0);
        assertThat(room.succeeded()).isTrue();
    }

    @Test
    void a_batch_is_bounded() {
        assertThat(outbox.add(IntStream.range(0, 5_000).mapToObj(i -> "line").toList())
                        .succeeded())
                .isTrue();
        assertThat(outbox.batch().getJsonArray("lines")).hasSize(2_000);
    }

    @Test
    void what_nobody_wants_holds_nobody_up() {
        var room = outbox.add(List.of("x".repeat(Outbox.MAX_BYTES)));
        outbox.discard();
        assertThat(room.succeeded()).isTrue();
        assertThat(outbox.isEmpty()).isTrue();
    }
}
