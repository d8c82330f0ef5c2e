package dev.stationmaster.accounts;

import com.password4j.Argon2Function;
import com.password4j.Password;
import com.password4j.types.Argon2;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Argon2id hashes with the parameters of the OWASP Password Storage Cheat Sheet (19 MiB, 2 passes, 1 lane). Runs on a
 * small worker pool, never on an event loop; the pool also bounds the memory that sign-ins can take.
 */
final class Passwords {
    private static final Argon2Function ARGON2ID = Argon2Function.getInstance(19_456, 2, 1, 32, Argon2.ID);
    private static final int THREADS = 2;
    /** Checked for unknown names, so that they take as long as known ones. */
    private static final String DUMMY =
            Password.hash("nobody's password").addRandomSalt().with(ARGON2ID).getResult();

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

    Future<Boolean> matchesNobody(String password) {
        return matches(password, DUMMY).map(false);
    }
}
