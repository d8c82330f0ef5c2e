package dev.stationmaster.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/** A program in place of {@code nvidia-smi} that answers what the test says, and can be told to answer otherwise. */
public final class FakeSmi {
    private final Path folder;
    private final Path program;

    public FakeSmi(Path folder) {
        this.folder = folder;
        this.program = folder.resolve("nvidia-smi");
        try {
            Files.createDirectories(folder);
            Files.writeString(program, """
                    #!/bin/sh
                    cd "$(dirname "$0")"
                    case "$1" in
                      -q) f=xml;;
                      -L) f=list;;
                      *) f=csv;;
                    esac
                    [ -f hang ] && exec sleep 600
                    [ -f $f ] && { cat $f; exit 0; }
                    cat failure 2>/dev/null
                    exit 9
                    """);
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String program() {
        return program.toString();
    }

    /** The answer to {@code -q -x}, {@code -L} or {@code --query-gpu}; {@code failure}: to what has none. */
    public FakeSmi says(String what, String text) {
        try {
            Path written = Files.writeString(folder.resolve(what + ".new"), text);
            Files.move(written, folder.resolve(what), StandardCopyOption.ATOMIC_MOVE);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** From now on it does not answer. */
    public FakeSmi hangs() {
        return says("hang", "");
    }

    /** GPUs {@code GPU-0}, {@code GPU-1} and so on, of which each has so many uncorrectable errors. */
    public FakeSmi gpus(int... errors) {
        var xml = new StringBuilder(head(errors.length));
        for (int i = 0; i < errors.length; i++) {
            xml.append(gpu(
                    i,
                    "<ecc_errors><volatile><sram_uncorrectable>N/A</sram_uncorrectable><dram_uncorrectable>" + errors[i]
                            + "</dram_uncorrectable></volatile></ecc_errors>"));
        }
        return says("xml", xml + "</nvidia_smi_log>");
    }

    public static String head(int attached) {
        return "<?xml version=\"1.0\" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM \"nvsmi_device_v12.dtd\">\n<nvidia_smi_log>"
                + "<attached_gpus>" + attached + "</attached_gpus>";
    }

    public static String gpu(int number, String more) {
        return "<gpu id=\"00000000:0" + number + ":00.0\"><product_name>NVIDIA Test 80GB</product_name><uuid>GPU-"
                + number
                + "</uuid><fb_memory_usage><total>81559 MiB</total></fb_memory_usage><fan_speed>N/A</fan_speed>"
                + more + "</gpu>";
    }
}
