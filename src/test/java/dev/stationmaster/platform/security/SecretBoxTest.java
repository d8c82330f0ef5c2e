package dev.stationmaster.platform.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SecretBoxTest {
    private final SecretBox box = new SecretBox(new byte[32]);

    @Test
    void opens_what_it_sealed() {
        for (String plain : new String[] {"", "x", "geheim ✓ 秘密", "y".repeat(100_000)}) {
            assertThat(box.open(box.seal(plain, "agent/1"), "agent/1")).isEqualTo(plain);
        }
    }

    @Test
    void the_same_text_never_looks_the_same_and_never_shows() {
        byte[] one = box.seal("the secret", "c");
        assertThat(box.seal("the secret", "c")).isNotEqualTo(one);
        assertThat(new String(one, StandardCharsets.ISO_8859_1)).doesNotContain("secret");
        assertThat(one).hasSize(12 + 10 + 16);
    }

    @Test
    void any_changed_byte_is_noticed() {
        byte[] sealed = box.seal("the secret", "c");
        for (int i = 0; i < sealed.length; i++) {
            byte[] changed = sealed.clone();
            changed[i] ^= 1;
            assertThatIllegalStateException().isThrownBy(() -> box.open(changed, "c"));
        }
    }

    @Test
    void a_cut_value_is_noticed() {
        byte[] sealed = box.seal("the secret", "c");
        for (int length : new int[] {0, 5, 12, 20, sealed.length - 1}) {
            byte[] cut = Arrays.copyOf(sealed, length);
            assertThatIllegalStateException().as("%d bytes", length).isThrownBy(() -> box.open(cut, "c"));
        }
    }

    @Test
    void a_value_moved_to_another_place_does_not_open() {
        byte[] sealed = box.seal("the secret", "agent/1/secret/A");
        assertThatIllegalStateException().isThrownBy(() -> box.open(sealed, "agent/2/secret/A"));
    }

    @Test
    void another_key_does_not_open_it() {
        byte[] other = new byte[32];
        other[31] = 1;
        byte[] sealed = box.seal("the secret", "c");
        assertThatIllegalStateException()
                .isThrownBy(() -> new SecretBox(other).open(sealed, "c"))
                .withMessageContaining("encryption key");
    }

    @Test
    void keys_of_another_length_are_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new SecretBox(new byte[16]));
    }
}
