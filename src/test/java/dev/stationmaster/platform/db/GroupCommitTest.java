package dev.stationmaster.platform.db;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GroupCommitTest {
    private final List<List<String>> batches = new ArrayList<>();
    private final List<Promise<List<String>>> commits = new ArrayList<>();

    private Future<List<String>> write(List<String> items) {
        batches.add(List.copyOf(items));
        Promise<List<String>> commit = Promise.promise();
        commits.add(commit);
        return commit.future();
    }

    private void commit(int batch) {
        commits.get(batch)
                .complete(batches.get(batch).stream().map(i -> i + "!").toList());
    }

    private final GroupCommit<String, String> group = new GroupCommit<>(3, 4, this::write);

    @Test
    void the_first_item_goes_at_once_and_the_next_wait_for_its_commit() {
        var a = group.add("a");
        var b = group.add("b");
        var c = group.add("c");
        assertThat(batches).containsExactly(List.of("a"));
        commit(0);
        assertThat(a.result()).isEqualTo("a!");
        assertThat(b.isComplete()).isFalse();
        assertThat(batches).containsExactly(List.of("a"), List.of("b", "c"));
        commit(1);
        assertThat(b.result()).isEqualTo("b!");
        assertThat(c.result()).isEqualTo("c!");
    }

    @Test
    void a_batch_has_its_limit() {
        List.of("a", "b", "c", "d", "e").forEach(i -> assertThat(group.add(i)).isNotNull());
        commit(0);
        assertThat(batches.get(1)).containsExactly("b", "c", "d");
        commit(1);
        assertThat(batches.get(2)).containsExactly("e");
    }

    @Test
    void one_bad_item_fails_alone() {
        var first = group.add("x");
        var good = group.add("a");
        var bad = group.add("bad");
        var also = group.add("b");
        commit(0);
        commits.get(1).fail("one of you is bad");
        assertThat(batches.get(2)).containsExactly("a");
        commit(2);
        commits.get(3).fail("you are bad");
        commit(4);
        assertThat(first.succeeded()).isTrue();
        assertThat(good.result()).isEqualTo("a!");
        assertThat(bad.cause()).hasMessage("you are bad");
        assertThat(also.result()).isEqualTo("b!");
    }

    @Test
    void a_full_queue_refuses_and_takes_again_when_it_has_drained() {
        var all = new ArrayList<Future<String>>();
        for (String item : List.of("a", "b", "c", "d", "e")) { // one in flight, four wait
            all.add(group.add(item));
        }
        assertThat(group.add("f").cause()).isInstanceOf(GroupCommit.QueueFullException.class);
        commit(0);
        assertThat(group.add("g").isComplete()).isFalse();
        commit(1);
        commit(2);
        assertThat(all).allMatch(Future::succeeded);
    }

    @Test
    void a_write_that_throws_fails_its_items_and_not_the_next() {
        var throwing = new GroupCommit<String, String>(3, 4, items -> {
            if (items.contains("bad")) {
                throw new IllegalStateException("thrown");
            }
            return Future.succeededFuture(items);
        });
        assertThat(throwing.add("bad").cause()).hasMessage("thrown");
        assertThat(throwing.add("good").result()).isEqualTo("good");
    }

    @Test
    void a_write_that_answers_too_little_fails_its_items_and_leaves_none_open() {
        var short1 = new GroupCommit<String, String>(
                3, 4, items -> Future.succeededFuture(items.stream().skip(1).toList()));
        assertThat(short1.add("a").cause()).hasMessage("0 results came for 1 items");
        assertThat(short1.add("b").failed()).isTrue(); // and the next batch goes out
    }

    @Test
    void too_many_results_are_refused_as_well() {
        var waiting = group.add("a");
        commits.get(0).complete(List.of("a!", "b!"));
        assertThat(waiting.cause()).hasMessage("2 results came for 1 items");
    }

    @Test
    void an_item_added_by_a_callback_is_not_forgotten() {
        var chained = group.add("a").compose(done -> group.add("b"));
        commit(0);
        commit(1);
        assertThat(chained.result()).isEqualTo("b!");
    }
}
