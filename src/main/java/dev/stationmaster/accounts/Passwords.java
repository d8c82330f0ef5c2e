package dev.stationmaster.accounts;

import com.password4j.Argon2Function;
import com.password4j.Password;
import com.password4j.types.Argon2;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Argon2id hashes with parameters of the OWASP Password Storage Cheat Sheet (7 MiB, 5 passes, 1 lane: as strong as 19 MiB
 * with 2, and the library keeps the memory). Runs on a small worker pool, never on an event loop; the pool also bounds the
 * memory that sign-ins can take.
 */
final class Passwords {
    private static final Argon2Function ARGON2ID = Argon2Function.getInstance(7_168, 5, 1, 32, Argon2.ID);
    private static final int THREADS = 2;
    private final WorkerExecutor workers;

    Passwords(Vertx vertx) {
        this.workers = vertx.createSharedWorkerExecutor("passwords", THREADS, 30, TimeUnit.SECONDS);
    }

    Future<String> hash(String password) {
        return workers.executeBlocking(
                () -> Password.hash(password).addRandomSalt().with(ARGON2ID).getResult(), false);
    }

    Future<Boolean> matches(String password, String hash) {
        return workers.executeBlocking(() -> Password.check(password, hash).with(ARGON2ID), false);
    }

    /** For names that do not exist: takes as long as a check, so that nobody learns which names there are. */
    Future<Boolean> matchesNobody(String password) {
        return hash(password).map(false);
    }
}
