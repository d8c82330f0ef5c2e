package dev.stationmaster.jobs.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;

class QueuedJobTest {
    private static final long STEP = 1L << 42;

    private static long score(int priority, long seq) {
        return new QueuedJob(UUID.randomUUID(), priority, seq, "process", UUID.randomUUID()).score();
    }

    @Test
    void higher_priority_comes_first_then_the_older() {
        assertThat(score(10, STEP - 1)).isLessThan(score(9, 1));
        assertThat(score(5, 7)).isLessThan(score(5, 8));
    }

    @Test
    void every_score_is_exact_in_the_double_of_redis() {
        for (int priority = 1; priority <= 10; priority++) {
            for (long seq : new long[] {1, 2, 1_234_567_891, STEP - 2, STEP - 1}) {
                long score = score(priority, seq);
                assertThat((long) (double) score).isEqualTo(score);
            }
        }
        assertThat((double) score(1, STEP - 1)).isNotEqualTo((double) score(1, STEP - 2));
    }
}
