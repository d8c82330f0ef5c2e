package dev.stationmaster.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.awaitility.Awaitility;

/**
 * A real container engine for tests: the one that {@code DOCKER_HOST} names, else Podman's service, started here. Tests
 * are skipped, and say so, where there is neither, or no static busybox to make an image of.
 */
public final class ContainerEngine implements AutoCloseable {
    public static final String IMAGE = "localhost/stationmaster-test:1";
    private static final Path BUSYBOX = Path.of("/bin/busybox");
    private static final List<String> COMMANDS =
            List.of("sh", "sleep", "cat", "echo", "ls", "touch", "id", "grep", "head", "seq", "env", "dd", "tail");

    private final String host;
    private final Path socket;
    private Process service;

    private ContainerEngine(String host, Path socket) {
        this.host = host;
        this.socket = socket;
    }

    /** Has {@link #IMAGE}. */
    public static ContainerEngine orSkip(Path folder) {
        assumeTrue(Files.isExecutable(BUSYBOX), "skipped: there is no static busybox to make a test image of");
        Optional<String> given = Optional.ofNullable(System.getenv("DOCKER_HOST"));
        Optional<Path> podman = Stream.of("/usr/bin/podman", "/usr/local/bin/podman")
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst();
        assumeTrue(given.isPresent() || podman.isPresent(), "skipped: there is no container engine");
        Path socket = folder.resolve("engine.sock");
        var engine = new ContainerEngine(given.orElse("unix://" + socket), socket);
        try {
            if (given.isEmpty()) {
                engine.startService();
            }
            engine.makeImage();
            engine.tryOut();
        } catch (RuntimeException e) { // such as Podman for an ordinary user without subordinate ids
            engine.close();
            assumeTrue(false, "skipped: the container engine can't run containers: " + e);
        }
        return engine;
    }

    private void tryOut() {
        try (DockerClient client = client()) {
            String id = client.createContainerCmd(IMAGE)
                    .withCmd("/bin/echo", "works")
                    .exec()
                    .getId();
            client.startContainerCmd(id).exec();
            client.removeContainerCmd(id).withForce(true).exec();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String host() {
        return host;
    }

    /** Whether it is this test's own, to be stopped and started as one likes. */
    public boolean isOurs() {
        return service != null;
    }

    public void startService() {
        try {
            Files.deleteIfExists(socket);
            service = new ProcessBuilder("podman", "system", "service", "--time=0", host)
                    .directory(socket.getParent().toFile()) // it leaves files where it runs
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> Files.exists(socket));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its containers go on. */
    public void killService() {
        service.destroyForcibly();
        Awaitility.await().until(() -> !service.isAlive());
    }

    public DockerClient client() {
        var config = DefaultDockerClientConfig.createDefaultConfigBuilder()
                .withDockerHost(host)
                .build();
        return DockerClientImpl.getInstance(
                config,
                new ZerodepDockerHttpClient.Builder()
                        .dockerHost(config.getDockerHost())
                        .build());
    }

    private void makeImage() {
        try (DockerClient client = client();
                var tar = new ByteArrayInputStream(archive())) {
            client.loadImageCmd(tar).exec();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An image as {@code docker save} writes it. */
    private static byte[] archive() throws IOException {
        byte[] layer = image();
        String architecture = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
        String config = new JsonObject()
                .put("architecture", architecture)
                .put("os", "linux")
                .put("config", new JsonObject().put("Env", new JsonArray().add("PATH=/bin")))
                .put(
                        "rootfs",
                        new JsonObject()
                                .put("type", "layers")
                                .put("diff_ids", new JsonArray().add("sha256:" + DigestUtils.sha256Hex(layer))))
                .encode();
        String manifest = new JsonArray()
                .add(new JsonObject()
                        .put("Config", "config.json")
                        .put("RepoTags", new JsonArray().add(IMAGE))
                        .put("Layers", new JsonArray().add("layer.tar")))
                .encode();
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(bytes)) {
            add(tar, "manifest.json", manifest.getBytes(StandardCharsets.UTF_8));
            add(tar, "config.json", config.getBytes(StandardCharsets.UTF_8));
            add(tar, "layer.tar", layer);
        }
        return bytes.toByteArray();
    }

    private static void add(TarArchiveOutputStream tar, String name, byte[] content) throws IOException {
        var entry = new TarArchiveEntry(name);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }

    private static byte[] image() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(bytes)) {
            for (String folder : List.of("bin/", "tmp/", "etc/", "proc/", "sys/", "dev/", "stationmaster/")) {
                tar.putArchiveEntry(new TarArchiveEntry(folder));
                tar.closeArchiveEntry();
            }
            var busybox = new TarArchiveEntry("bin/busybox");
            busybox.setSize(Files.size(BUSYBOX));
            busybox.setMode(0755);
            tar.putArchiveEntry(busybox);
            Files.copy(BUSYBOX, tar);
            tar.closeArchiveEntry();
            for (String command : COMMANDS) {
                var link = new TarArchiveEntry("bin/" + command, TarConstants.LF_SYMLINK);
                link.setLinkName("busybox");
                tar.putArchiveEntry(link);
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    @Override
    public void close() {
        if (service != null) {
            service.destroy();
        }
    }
}
