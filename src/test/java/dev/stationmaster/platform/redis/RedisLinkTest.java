package dev.stationmaster.platform.redis;

import static dev.stationmaster.testing.TestStores.await;
import static dev.stationmaster.testing.TestStores.failure;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.platform.process.Signals;
import dev.stationmaster.platform.stores.EmbeddedStores;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RedisLinkTest {
    private static final LuaScript EXPIRED = LuaScript.load("expired");

    @TempDir
    static Path temp;

    private static EmbeddedStores stores;
    private static Vertx vertx;

    @BeforeAll
    static void start() {
        stores = EmbeddedStores.start(temp, false, true);
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stop() {
        await(vertx.close());
        stores.close();
    }

    private static RedisLink open(java.util.function.Consumer<RedisLink> onConnected) {
        return await(RedisLink.open(vertx, stores.redisUrl().orElseThrow(), onConnected, push -> {}));
    }

    private static String set(RedisLink link, String value) {
        return String.valueOf(
                await(link.send(Request.cmd(Command.SET).arg("key").arg(value))));
    }

    @Test
    void comes_back_by_itself_after_redis_was_killed() throws Exception {
        var connections = new LinkedBlockingQueue<RedisLink>();
        RedisLink link = open(connections::add);
        assertThat(connections.poll(20, TimeUnit.SECONDS)).isSameAs(link);
        assertThat(set(link, "before")).isEqualTo("OK");
        Signals.send("KILL", stores.redisPid());
        assertThat(connections.poll(30, TimeUnit.SECONDS)).as("connected again").isSameAs(link);
        assertThat(set(link, "after")).isEqualTo("OK");
        await(link.close());
    }

    @Test
    void while_redis_is_away_every_call_fails_at_once() {
        RedisLink nobody = await(RedisLink.open(vertx, "redis://127.0.0.1:1", link -> {}, push -> {}));
        assertThat(nobody.isUp()).isFalse();
        assertThat(failure(nobody.send(Request.cmd(Command.PING)))).isInstanceOf(RedisLink.RedisDownException.class);
        assertThat(failure(nobody.run(EXPIRED, List.of("k"), List.of("0", "1"))))
                .isInstanceOf(RedisLink.RedisDownException.class);
        await(nobody.close());
    }

    @Test
    void scripts_are_loaded_again_after_a_flush() {
        RedisLink link = open(l -> {});
        for (int i = 0; i < 2; i++) {
            await(link.send(Request.cmd(Command.SCRIPT).arg("FLUSH")));
            assertThat(await(link.run(EXPIRED, List.of("k"), List.of("0", "1"))))
                    .isEmpty();
            assertThat(await(link.run(EXPIRED, List.of("k"), List.of("0", "1"))))
                    .isEmpty();
        }
        await(link.close());
    }

    @Test
    void an_error_of_a_script_is_not_taken_for_a_missing_script() {
        RedisLink link = open(l -> {});
        assertThat(failure(link.run(EXPIRED, List.of("k"), List.of("not a number", "1"))))
                .hasMessageContaining("not a float");
        await(link.close());
    }

    @Test
    void calls_on_one_link_are_answered_in_order() {
        RedisLink link = open(l -> {});
        Promise<Void> all = Promise.promise();
        var seen = new LinkedBlockingQueue<String>();
        for (int i = 0; i < 100; i++) {
            String n = i + ",";
            boolean last = i == 99;
            link.send(Request.cmd(Command.PING).arg(n))
                    .onSuccess(reply -> {
                        seen.add(String.valueOf(reply));
                        if (last) {
                            all.complete();
                        }
                    })
                    .onFailure(all::tryFail);
        }
        await(all.future());
        assertThat(String.join("", seen)).startsWith("0,1,2,3,").endsWith("98,99,");
        await(link.close());
    }

    @Test
    void a_closed_link_stays_closed() {
        RedisLink link = open(l -> {});
        await(link.close());
        assertThat(link.isUp()).isFalse();
        assertThat(failure(link.send(Request.cmd(Command.PING)))).isInstanceOf(RedisLink.RedisDownException.class);
    }
}
