package dev.stationmaster.platform.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderScanTest {
    @TempDir
    Path folder;

    @Test
    void files_by_name_within_the_bounds_and_no_links() throws IOException {
        Files.createDirectories(folder.resolve("a/b"));
        Files.writeString(folder.resolve("z"), "12");
        Files.writeString(folder.resolve("a/x"), "1");
        Files.writeString(folder.resolve("a/b/deep"), "");
        Files.createSymbolicLink(folder.resolve("link"), folder.resolve("z"));
        assertThat(FolderScan.of(folder, 8, 10))
                .extracting(FolderScan.Found::name)
                .containsExactly("a/b/deep", "a/x", "z");
        assertThat(FolderScan.of(folder, 8, 10).get(2).size()).isEqualTo(2);
        assertThat(FolderScan.of(folder, 2, 10))
                .extracting(FolderScan.Found::name)
                .containsExactly("a/x", "z");
        assertThat(FolderScan.of(folder, 8, 1))
                .extracting(FolderScan.Found::name)
                .containsExactly("a/b/deep");
        assertThat(FolderScan.of(folder.resolve("nowhere"), 8, 10)).isEmpty();
    }

    @Test
    void a_program_that_renames_files_all_the_time_does_not_make_it_fail() throws Exception {
        var stop = new AtomicBoolean();
        var program = new Thread(() -> {
            for (int i = 0; !stop.get(); i++) {
                try {
                    Path fresh = Files.writeString(folder.resolve("n.new" + i % 50), Integer.toString(i));
                    Files.move(fresh, folder.resolve("n"), StandardCopyOption.ATOMIC_MOVE);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }
        });
        program.start();
        try {
            for (int i = 0; i < 2_000; i++) {
                assertThat(FolderScan.of(folder, 8, 1_000))
                        .allMatch(file -> file.name().startsWith("n"));
            }
        } finally {
            stop.set(true);
            program.join();
        }
    }
}
