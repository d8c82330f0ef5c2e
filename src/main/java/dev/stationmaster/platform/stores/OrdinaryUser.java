package dev.stationmaster.platform.stores;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PostgreSQL refuses to run as root. As root it is therefore run inside a user namespace of its own, where root counts
 * as an ordinary user and yet owns its files; where such namespaces are forbidden (many containers), as user 65534,
 * to whom its files are then given. As any other user nothing is changed.
 */
final class OrdinaryUser {
    private static final Logger log = LoggerFactory.getLogger(OrdinaryUser.class);
    private static final int ROOT = 0;
    private static final int NOBODY = 65534;
    private static final int WAIT_SECONDS = 10;

    private final List<String> prefix;
    private final int owner;

    private OrdinaryUser(List<String> prefix, int owner) {
        this.prefix = prefix;
        this.owner = owner;
    }

    /** What to put before PostgreSQL's programs. {@code own} is any file that this process created. */
    static OrdinaryUser detect(Path own) throws IOException {
        int me = ownerOf(own);
        if (me != ROOT) {
            return new OrdinaryUser(List.of(), me);
        }
        if (isNotRoot(List.of("unshare", "-U"))) {
            return new OrdinaryUser(List.of("unshare", "-U"), ROOT);
        }
        List<String> switchUser = List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--");
        if (isNotRoot(switchUser)) {
            log.info("PostgreSQL does not run as root: it runs as user {}", NOBODY);
            return new OrdinaryUser(switchUser, NOBODY);
        }
        throw new StoresException("PostgreSQL does not run as root, and neither 'unshare -U' nor 'setpriv' works here."
                + " Start Stationmaster as an ordinary user, or set DATABASE_URL.");
    }

    List<String> prefix() {
        return prefix;
    }

    /** The programs must be readable for that user: root's own cache folder is not. */
    boolean needsBinariesInDataFolder() {
        return owner == NOBODY;
    }

    /** Gives the folder to the user that PostgreSQL runs as, if it is another's. */
    void own(Path folder) throws IOException {
        if (ownerOf(folder) == owner) {
            return;
        }
        try (var paths = Files.walk(folder)) {
            for (Path path : paths.toList()) {
                Files.setAttribute(path, "unix:uid", owner, LinkOption.NOFOLLOW_LINKS);
            }
        } catch (IOException e) {
            throw new StoresException(
                    "The folder " + folder + " belongs to another user. Make user " + owner + " its owner.", e);
        }
    }

    /** Lets that user reach what lies below a folder of root's, without letting anybody list it. */
    void letThrough(Path parent) throws IOException {
        if (owner == NOBODY) {
            Set<PosixFilePermission> mode = EnumSet.copyOf(Files.getPosixFilePermissions(parent));
            mode.add(PosixFilePermission.OTHERS_EXECUTE);
            Files.setPosixFilePermissions(parent, mode);
        }
    }

    private static int ownerOf(Path path) throws IOException {
        if (!path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            return -1;
        }
        return (Integer) Files.getAttribute(path, "unix:uid");
    }

    private static boolean isNotRoot(List<String> prefix) {
        try {
            var command = new ArrayList<>(prefix);
            command.addAll(List.of("id", "-u"));
            Process id = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String answer = new String(id.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).trim();
            return id.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)
                    && id.exitValue() == 0
                    && !answer.equals(Integer.toString(ROOT));
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
