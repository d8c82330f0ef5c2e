package dev.stationmaster.platform.stores;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The embedded stores of one server: the lock on its data folder, and PostgreSQL and Redis as asked for. They keep
 * their addresses until closed, also over a crash of theirs. Thread-safe; {@link #start} and {@link #close} block.
 */
public final class EmbeddedStores implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(EmbeddedStores.class);

    private final DataFolderLock lock;
    private volatile @Nullable StoreProcess postgres;
    private volatile @Nullable StoreProcess redis;
    private volatile @Nullable String databaseUrl;
    private volatile @Nullable String redisUrl;

    private EmbeddedStores(DataFolderLock lock) {
        this.lock = lock;
    }

    /**
     * Locks the folder, which is made if missing, and starts the stores wanted, both at once.
     *
     * @throws StoresException when the folder is in use, or a store can't be started; nothing is left running then
     */
    public static EmbeddedStores start(Path dataDir, boolean postgres, boolean redis) {
        Path folder;
        try {
            folder = PrivateFiles.folder(dataDir).toRealPath();
        } catch (IOException e) {
            throw new StoresException("Can't create the data folder " + dataDir + ": " + e, e);
        }
        EmbeddedStores stores = new EmbeddedStores(DataFolderLock.take(folder));
        try {
            stores.startAll(folder, postgres, redis);
            return stores;
        } catch (RuntimeException e) {
            stores.close();
            throw e;
        }
    }

    private void startAll(Path folder, boolean wantPostgres, boolean wantRedis) {
        long begin = System.nanoTime();
        FutureTask<Boolean> redisStart = new FutureTask<>(() -> wantRedis && startRedis(folder));
        new Thread(redisStart, "start-redis").start();
        StoresException failed = null;
        try {
            if (wantPostgres) {
                startPostgres(folder);
            }
        } catch (IOException | RuntimeException e) {
            failed = problem("PostgreSQL", e);
        }
        try {
            redisStart.get(); // waited for in any case: what it started must be closed
        } catch (ExecutionException e) {
            failed = problem("Redis", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            failed = problem("Redis", e);
        }
        if (failed != null) {
            throw failed;
        }
        log.info("Stores ready after {} ms in {}", (System.nanoTime() - begin) / 1_000_000, folder);
    }

    private void startPostgres(Path folder) throws IOException {
        EmbeddedPostgresStore server = EmbeddedPostgresStore.prepare(folder);
        StoreProcess process = new StoreProcess(server);
        postgres = process;
        process.start();
        databaseUrl = server.url(process.port());
    }

    private boolean startRedis(Path folder) throws IOException {
        EmbeddedRedisStore server = EmbeddedRedisStore.prepare(folder);
        StoreProcess process = new StoreProcess(server);
        redis = process;
        process.start();
        redisUrl = server.url(process.port());
        return true;
    }

    private static StoresException problem(String name, @Nullable Throwable cause) {
        if (cause instanceof StoresException known) {
            return known;
        }
        StoresException problem = new StoresException("Can't start the embedded " + name + ": " + cause);
        return cause == null ? problem : new StoresException(String.valueOf(problem.getMessage()), cause);
    }

    /** {@code postgresql://user:password@127.0.0.1:port/database}; empty where PostgreSQL was not asked for. */
    public Optional<String> databaseUrl() {
        return Optional.ofNullable(databaseUrl);
    }

    /** {@code redis://:password@127.0.0.1:port}; empty where Redis was not asked for. */
    public Optional<String> redisUrl() {
        return Optional.ofNullable(redisUrl);
    }

    /** Of PostgreSQL's main process now; it changes when that crashes. -1 where there is none. */
    public long postgresPid() {
        return postgres == null ? -1 : postgres.pid();
    }

    /** Like {@link #postgresPid()}. */
    public long redisPid() {
        return redis == null ? -1 : redis.pid();
    }

    /** Ends both cleanly, by force after 15 seconds each, then lets go of the folder. May be called again. */
    @Override
    public void close() {
        try (lock;
                StoreProcess first = redis;
                StoreProcess second = postgres) {
            log.debug("Ending the stores {} and {}", first, second);
        }
    }
}
