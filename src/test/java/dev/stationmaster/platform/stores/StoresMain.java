package dev.stationmaster.platform.stores;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** A server that does nothing but hold its stores, to be killed by tests. Prints one line when they are ready. */
public final class StoresMain {
    private StoresMain() {}

    public static void main(String[] args) throws InterruptedException {
        EmbeddedStores stores = EmbeddedStores.start(Path.of(args[0]), true, true);
        System.out.println("READY " + stores.databaseUrl().orElseThrow() + " "
                + stores.redisUrl().orElseThrow() + " " + stores.postgresPid() + " " + stores.redisPid());
        if (args.length > 1 && args[1].equals("close")) {
            stores.close();
            return;
        }
        new CountDownLatch(1).await();
    }
}
