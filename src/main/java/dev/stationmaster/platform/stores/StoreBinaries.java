package dev.stationmaster.platform.stores;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Objects;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tukaani.xz.XZInputStream;

/**
 * Unpacks the programs that the two libraries carry in their jars. Each version is unpacked once into its own folder
 * under {@code root} and appears there complete or not at all, so that several servers may share the folder.
 */
final class StoreBinaries {
    private static final Logger log = LoggerFactory.getLogger(StoreBinaries.class);
    private static final String REDIS_VERSION = "7.0.15";

    private final Path root;

    StoreBinaries(Path root) {
        this.root = root;
    }

    /** The user's cache folder, so that 60 MB are not unpacked again for each data folder; else the data folder. */
    static StoreBinaries forUser(Path dataDir) {
        Path home = Path.of(System.getProperty("user.home", "/"));
        String cacheHome = System.getenv("XDG_CACHE_HOME");
        Path cache = (cacheHome == null || cacheHome.isEmpty() ? home.resolve(".cache") : Path.of(cacheHome))
                .resolve("stationmaster");
        try {
            PrivateFiles.folder(cache);
            // What lies there is run, so nobody else may have put it there.
            if (Files.isWritable(cache) && Files.getOwner(cache).equals(Files.getOwner(dataDir.resolve("lock")))) {
                return new StoreBinaries(cache);
            }
        } catch (IOException e) {
            log.debug("No cache folder at {}: {}", cache, e.toString());
        }
        return new StoreBinaries(dataDir.resolve("binaries"));
    }

    /** Folder with {@code bin/postgres} and {@code bin/initdb}. */
    Path postgres() throws IOException {
        String arch = isArm() ? "arm_64" : "x86_64";
        return unpacked("postgres", "postgres-" + system() + "-" + arch + ".txz", StoreBinaries::unpackTxz);
    }

    /** The program itself. */
    Path redis() throws IOException {
        String resource = "redis-server-" + REDIS_VERSION + "-" + system() + "-" + (isArm() ? "arm64" : "amd64");
        Path folder = unpacked("redis", resource, (in, target) -> {
            Path program = target.resolve("redis-server");
            Files.copy(in, program);
            makeExecutable(program);
        });
        return folder.resolve("redis-server");
    }

    private Path unpacked(String name, String resource, Unpacking unpacking) throws IOException {
        URL url = find(resource);
        if (url == null) {
            throw new StoresException("There is no embedded " + name + " for this machine (" + resource
                    + "). Set DATABASE_URL and REDIS_URL to servers of your own.");
        }
        Path folder = root.resolve(name + "-" + version(url));
        if (Files.isDirectory(folder)) {
            return folder;
        }
        log.info("Unpacking {} into {}, once", name, folder);
        PrivateFiles.folder(root);
        Path fresh = Files.createTempDirectory(root, ".new-");
        try (InputStream in = url.openStream()) {
            unpacking.unpack(in, fresh);
            Files.move(fresh, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (!Files.isDirectory(folder)) { // else another server was faster
                throw e;
            }
        } finally {
            PrivateFiles.deleteTree(fresh);
        }
        return folder;
    }

    private static void unpackTxz(InputStream archive, Path target) throws IOException {
        try (var tar = new TarArchiveInputStream(new XZInputStream(archive))) {
            TarArchiveEntry entry;
            while ((entry = tar.getNextEntry()) != null) {
                Path path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException("entry outside the archive: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                    continue;
                }
                Path parent = Objects.requireNonNull(path.getParent());
                Files.createDirectories(parent);
                if (entry.isSymbolicLink() || entry.isLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else {
                    Files.copy(tar, path);
                    if (parent.endsWith("bin")) {
                        makeExecutable(path);
                    }
                }
            }
        }
    }

    private static void makeExecutable(Path program) throws IOException {
        if (!program.toFile().setExecutable(true, false)) {
            throw new IOException("can't make " + program + " executable");
        }
    }

    /** Names the content, so that a newer library never meets an older unpacked program. */
    private static String version(URL url) throws IOException {
        var connection = url.openConnection();
        if (connection instanceof JarURLConnection jar && jar.getJarEntry() != null) {
            return Long.toHexString(jar.getJarEntry().getCrc()) + "-" + connection.getContentLengthLong();
        }
        return "size-" + connection.getContentLengthLong();
    }

    private static @Nullable URL find(String resource) {
        return StoreBinaries.class.getClassLoader().getResource(resource);
    }

    private static boolean isArm() {
        return System.getProperty("os.arch", "").toLowerCase(Locale.ROOT).startsWith("aarch64");
    }

    private static String system() {
        String name = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        return name.startsWith("mac") ? "darwin" : name.startsWith("windows") ? "windows" : "linux";
    }

    private interface Unpacking {
        void unpack(InputStream in, Path target) throws IOException;
    }
}
