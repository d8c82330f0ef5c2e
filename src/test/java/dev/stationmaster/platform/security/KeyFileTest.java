package dev.stationmaster.platform.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.HashSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class KeyFileTest {
    @TempDir
    Path temp;

    @Test
    void makes_the_key_once_and_then_reads_it() {
        Path file = temp.resolve("new folder/key");
        String first = KeyFile.readOrCreate(file, KeyFile::randomKey);
        assertThat(KeyFile.readOrCreate(file, () -> "another")).isEqualTo(first);
        assertThat(Base64.getDecoder().decode(first)).hasSize(32);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void only_the_owner_may_read_it_even_where_an_open_file_was_before() throws IOException {
        Path file = Files.writeString(temp.resolve("key"), "old");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        KeyFile.write(file, "new");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(Files.readString(file)).isEqualTo("new\n");
        assertThat(temp.toFile().list()).containsExactly("key");
    }

    @Test
    void a_half_written_file_of_a_crash_is_in_nobodys_way() throws IOException {
        Files.writeString(temp.resolve("key.part"), "half");
        assertThat(KeyFile.readOrCreate(temp.resolve("key"), () -> "whole")).isEqualTo("whole");
    }

    @Test
    void tokens_never_repeat_and_fit_into_urls() {
        var seen = new HashSet<String>();
        for (int i = 0; i < 1_000; i++) {
            String token = Tokens.next("sm_");
            assertThat(token).matches("sm_[A-Za-z0-9_-]{43}");
            assertThat(seen.add(token)).isTrue();
        }
    }
}
