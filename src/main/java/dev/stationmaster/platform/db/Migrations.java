package dev.stationmaster.platform.db;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.flywaydb.core.Flyway;
import org.postgresql.ds.PGSimpleDataSource;

/** Brings the schema up to date with Flyway. Blocking: called once at start, before any verticle. */
public final class Migrations {
    private Migrations() {}

    /** Returns how many migrations ran. Replicas may call it at once; Flyway takes a lock. */
    public static int run(String url) {
        return Flyway.configure()
                .dataSource(dataSource(url))
                .locations("classpath:db/migration")
                .connectRetries(20)
                .load()
                .migrate()
                .migrationsExecuted;
    }

    static PGSimpleDataSource dataSource(String url) {
        var uri = URI.create(url);
        var source = new PGSimpleDataSource();
        source.setServerNames(new String[] {uri.getHost()});
        source.setPortNumbers(new int[] {uri.getPort() < 0 ? 5432 : uri.getPort()});
        source.setDatabaseName(uri.getPath().substring(1));
        String[] login = uri.getRawUserInfo() == null ? new String[0] : uri.getRawUserInfo().split(":", 2);
        if (login.length > 0) {
            source.setUser(URLDecoder.decode(login[0], StandardCharsets.UTF_8));
        }
        if (login.length > 1) {
            source.setPassword(URLDecoder.decode(login[1], StandardCharsets.UTF_8));
        }
        return source;
    }
}
