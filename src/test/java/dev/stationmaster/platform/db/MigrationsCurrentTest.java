package dev.stationmaster.platform.db;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.TestStores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A server whose schema is up to date need not ask Flyway. */
class MigrationsCurrentTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    @Test
    void the_newest_version_is_that_of_the_newest_file() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/main/resources/db/migration"))) {
            String newest = files.map(f -> f.getFileName().toString())
                    .max(String::compareTo)
                    .orElseThrow();
            assertThat(newest).startsWith("V" + Migrations.NEWEST + "__");
        }
    }

    @Test
    void a_migrated_database_is_current_and_one_that_lacks_a_migration_is_not() {
        assertThat(Migrations.isCurrent(STORES.database()).await()).isTrue();
        STORES.sql("DELETE FROM flyway_schema_history WHERE version = '" + Migrations.NEWEST + "'");
        assertThat(Migrations.isCurrent(STORES.database()).await()).isFalse();
        STORES.sql("DROP TABLE flyway_schema_history");
        assertThat(Migrations.isCurrent(STORES.database()).await()).isFalse();
    }
}
