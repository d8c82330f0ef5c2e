package dev.stationmaster.worker;

import dev.stationmaster.platform.files.FolderScan;
import dev.stationmaster.platform.security.Hash;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings an attempt's checkpoints to this box, and its checkpoints and artifacts to the server: what changed since it was
 * sent last, in pieces, one file after the other. A file that changes while it is sent is sent again. Bound to one event
 * loop; files are read on worker threads.
 */
final class FileSync {
    private static final Logger LOG = LoggerFactory.getLogger(FileSync.class);
    private static final int MAX_FILES = 1_000;
    private static final int MAX_DEPTH = 8;
    /** A file that was written to just now is probably not done; but one that always is new must go out as well. */
    private static final Duration SETTLED = Duration.ofMillis(500);

    private static final int LEFT_OUT_AT_MOST = 1;

    private record Version(long size, long modified) {}

    private record Local(String kind, String name, Path path, Version version) {}

    private final Vertx vertx;
    private final ServerLink link;
    private final Clock clock;
    private final JobFolders folders;
    private final String job;
    private final long lease;
    private final int pieceBytes;
    private final Map<String, Version> sent = new HashMap<>();
    /** How often a file was left for the next look because it was so new. */
    private final Map<String, Integer> leftOut = new HashMap<>();

    private Future<Void> running = Future.succeededFuture();

    FileSync(Vertx vertx, ServerLink link, Clock clock, JobFolders folders, String job, long lease, int pieceBytes) {
        this.vertx = vertx;
        this.link = link;
        this.clock = clock;
        this.folders = folders;
        this.job = job;
        this.lease = lease;
        this.pieceBytes = pieceBytes;
    }

    /** What earlier attempts left. */
    Future<Void> fetch() {
        return link.get("/jobs/" + job + "/checkpoints?lease=" + lease)
                .compose(list -> fetch(list.getJsonArray("items"), 0));
    }

    private Future<Void> fetch(JsonArray files, int from) {
        if (from == files.size()) {
            return Future.succeededFuture();
        }
        String name = files.getJsonObject(from).getString("name");
        Path target = folders.checkpoints().resolve(name).normalize();
        if (!target.startsWith(folders.checkpoints())) {
            return Future.failedFuture(new IOException("The server names a file outside of the folder: " + name));
        }
        return vertx.executeBlocking(() -> Files.createDirectories(target.getParent()), false)
                .compose(made -> link.download(url("checkpoints", name) + "?lease=" + lease, target))
                .compose(done -> vertx.executeBlocking(() -> version(target), false))
                .compose(version -> {
                    sent.put("checkpoints/" + name, version);
                    return fetch(files, from + 1);
                });
    }

    /**
     * Sends what changed. Calls while it does wait for it. Fails only when the attempt is another's by now; a file that
     * can't be sent is tried again with the next call.
     *
     * @param last whether the program has ended, so that every file is done
     */
    Future<Void> send(boolean last) {
        running = running.otherwiseEmpty()
                .compose(done -> vertx.executeBlocking(this::scan, false))
                .compose(files -> send(files, 0, last).compose(done -> forget(files)));
        return running;
    }

    private List<Local> scan() throws IOException {
        var found = new ArrayList<Local>();
        scan("checkpoints", folders.checkpoints(), found);
        scan("artifacts", folders.artifacts(), found);
        return found;
    }

    private static void scan(String kind, Path folder, List<Local> found) throws IOException {
        for (var file : FolderScan.of(folder, MAX_DEPTH, MAX_FILES)) {
            var version = new Version(file.size(), file.modified().toEpochMilli());
            found.add(new Local(kind, file.name(), file.path(), version));
        }
    }

    private static Version version(Path file) throws IOException {
        return new Version(Files.size(file), Files.getLastModifiedTime(file).toMillis());
    }

    private Future<Void> send(List<Local> files, int from, boolean last) {
        if (from == files.size()) {
            return Future.succeededFuture();
        }
        Local file = files.get(from);
        boolean known = file.version().equals(sent.get(key(file)));
        boolean settled = last || isSettled(file);
        return (known || !settled ? Future.<Void>succeededFuture() : upload(file, 0, Hash.digest()))
                .transform(result -> {
                    if (result.failed()) {
                        if (ServerProblem.isLeaseLost(result.cause())) {
                            return Future.failedFuture(result.cause());
                        }
                        LOG.warn(
                                "{} of job {} is not sent: {}",
                                file.name(),
                                job,
                                result.cause().toString());
                    }
                    return send(files, from + 1, last);
                });
    }

    private boolean isSettled(Local file) {
        boolean old = clock.now().toEpochMilli() - file.version().modified() >= SETTLED.toMillis();
        if (old || leftOut.merge(key(file), 1, Integer::sum) > LEFT_OUT_AT_MOST) {
            leftOut.remove(key(file));
            return true;
        }
        return false;
    }

    private Future<Void> upload(Local file, long offset, MessageDigest digest) {
        return vertx.executeBlocking(() -> read(file.path(), offset), false).compose(bytes -> {
            digest.update(bytes.getBytes());
            boolean complete = offset + bytes.length() >= file.version().size();
            return vertx.executeBlocking(() -> version(file.path()), false).compose(now -> {
                if (!now.equals(file.version()) || (bytes.length() == 0 && !complete)) {
                    return Future.succeededFuture(); // it is being written: the next look finds it
                }
                String more = complete
                        ? "&complete=true&sha256=" + HexFormat.of().formatHex(digest.digest())
                        : "&complete=false";
                return link.put(url(file.kind(), file.name()) + "?lease=" + lease + "&offset=" + offset + more, bytes)
                        .compose(stored -> {
                            if (!complete) {
                                return upload(file, offset + bytes.length(), digest);
                            }
                            sent.put(key(file), file.version());
                            return Future.succeededFuture();
                        });
            });
        });
    }

    private Buffer read(Path file, long offset) throws IOException {
        try (var open = new RandomAccessFile(file.toFile(), "r")) {
            open.seek(offset);
            byte[] bytes = new byte[(int) Math.max(0, Math.min(pieceBytes, open.length() - offset))];
            open.readFully(bytes);
            return Buffer.buffer(bytes);
        }
    }

    /** Checkpoints that the program deleted, as it does with old ones, are deleted there too. */
    private Future<Void> forget(List<Local> files) {
        Set<String> here = files.stream().map(FileSync::key).collect(Collectors.toSet());
        var gone = sent.keySet().stream()
                .filter(key -> key.startsWith("checkpoints/") && !here.contains(key))
                .toList();
        Future<Void> done = Future.succeededFuture();
        for (String key : gone) {
            String name = key.substring("checkpoints/".length());
            done = done.compose(x -> link.delete(url("checkpoints", name) + "?lease=" + lease))
                    .onSuccess(x -> sent.remove(key))
                    .<Void>mapEmpty()
                    .recover(e -> ServerProblem.isLeaseLost(e) ? Future.failedFuture(e) : Future.succeededFuture());
        }
        return done;
    }

    private static String key(Local file) {
        return file.kind() + "/" + file.name();
    }

    private String url(String kind, String name) {
        return "/jobs/" + job + "/" + kind + "/" + ServerLink.part(name);
    }
}
