package dev.stationmaster.jobs.storage;

import dev.stationmaster.platform.security.Hash;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.Part;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Sends one file to a bucket, a large one in parts. What is needed to go on after a break is on disk: a second try, also of a
 * restarted server, sends only the parts that the bucket lacks. Blocks.
 */
final class S3Upload {
    private static final Logger LOG = LoggerFactory.getLogger(S3Upload.class);
    private static final int MAX_PARTS = 10_000;
    private static final String TYPE = "application/octet-stream";
    static final String SHA256 = "sha256";

    private final S3Client client;
    private final String bucket;
    private final long multipartBytes;
    private final Path states;

    /** @param states folder for what is known of broken uploads */
    S3Upload(S3Client client, String bucket, long multipartBytes, Path states) {
        this.client = client;
        this.bucket = bucket;
        this.multipartBytes = multipartBytes;
        this.states = states;
    }

    /** The tag of what is there now. */
    String send(String key, Path file) throws IOException {
        long partBytes = Math.max(multipartBytes, Files.size(file) / MAX_PARTS + 1);
        FileTime written = Files.getLastModifiedTime(file);
        FileDigest digest = FileDigest.of(file, partBytes);
        if (digest.parts().size() == 1) {
            return client.putObject(
                            b -> b.bucket(bucket)
                                    .key(key)
                                    .checksumSHA256(digest.parts().get(0))
                                    .metadata(Map.of(SHA256, digest.sha256())),
                            region(file, 0, digest.sizeBytes()))
                    .eTag();
        }
        Path state = states.resolve(HexFormat.of().formatHex(Hash.sha256(key)) + ".upload");
        Broken from = resume(state, key, digest, partBytes);
        String id = from.id();
        var parts = parts(key, from, file, digest, partBytes);
        if (!written.equals(Files.getLastModifiedTime(file)) || Files.size(file) != digest.sizeBytes()) {
            throw new ApiException(ErrorCode.CONFLICT, "The file changed while it was sent; it is sent again later.");
        }
        String tag = client.completeMultipartUpload(
                        b -> b.bucket(bucket).key(key).uploadId(id).multipartUpload(all -> all.parts(parts)))
                .eTag();
        Files.deleteIfExists(state);
        return tag;
    }

    /** An upload to go on with, and what it has of the file. */
    private record Broken(String id, Map<Integer, Part> parts) {}

    /** Of the same content in the same parts, or a new one. */
    private Broken resume(Path state, String key, FileDigest digest, long partBytes) throws IOException {
        JsonObject known = read(state);
        if (known != null) {
            String id = known.getString("upload_id");
            if (!digest.sha256().equals(known.getString(SHA256)) || partBytes != known.getLong("part_bytes")) {
                abort(key, id);
            } else {
                try {
                    Map<Integer, Part> parts = listed(key, id);
                    if (!parts.isEmpty()) { // some servers list nothing of uploads that they do not know
                        return new Broken(id, parts);
                    }
                    abort(key, id);
                } catch (S3Exception e) {
                    if (!S3Problems.isMissing(e)) {
                        throw e;
                    }
                    LOG.info("The broken upload of {} was aborted meanwhile; it begins anew", key);
                }
            }
        }
        return new Broken(begin(state, key, digest, partBytes), Map.of());
    }

    private String begin(Path state, String key, FileDigest digest, long partBytes) throws IOException {
        String id = client.createMultipartUpload(b -> b.bucket(bucket)
                        .key(key)
                        .checksumAlgorithm(ChecksumAlgorithm.SHA256)
                        .metadata(Map.of(SHA256, digest.sha256())))
                .uploadId();
        Files.createDirectories(states);
        Files.writeString(
                state,
                new JsonObject()
                        .put("key", key)
                        .put("upload_id", id)
                        .put(SHA256, digest.sha256())
                        .put("part_bytes", partBytes)
                        .encode());
        return id;
    }

    private static @Nullable JsonObject read(Path state) throws IOException {
        try {
            return new JsonObject(Files.readString(state));
        } catch (NoSuchFileException | DecodeException e) { // or the disk was full when it was written
            return null;
        }
    }

    private List<CompletedPart> parts(String key, Broken from, Path file, FileDigest digest, long partBytes)
            throws IOException {
        var parts = new ArrayList<CompletedPart>();
        for (int i = 0; i < digest.parts().size(); i++) {
            int number = i + 1;
            long offset = i * partBytes;
            long size = Math.min(partBytes, digest.sizeBytes() - offset);
            String sum = digest.parts().get(i);
            Part old = from.parts().get(number);
            String tag = old != null && isSame(old, sum, file, offset, size)
                    ? old.eTag()
                    : client.uploadPart(
                                    b -> b.bucket(bucket)
                                            .key(key)
                                            .uploadId(from.id())
                                            .partNumber(number)
                                            .checksumSHA256(sum),
                                    region(file, offset, size))
                            .eTag();
            parts.add(CompletedPart.builder()
                    .partNumber(number)
                    .eTag(tag)
                    .checksumSHA256(sum)
                    .build());
        }
        return parts;
    }

    private Map<Integer, Part> listed(String key, String id) {
        var there = new HashMap<Integer, Part>();
        client.listPartsPaginator(b -> b.bucket(bucket).key(key).uploadId(id))
                .parts()
                .forEach(part -> there.put(part.partNumber(), part));
        return there;
    }

    /** Servers that do not keep SHA-256 of parts give their MD5 as tag, which is enough to know what was sent before. */
    private static boolean isSame(Part part, String sum, Path file, long offset, long size) throws IOException {
        if (part.size() != size) {
            return false;
        }
        return part.checksumSHA256() != null
                ? part.checksumSHA256().equals(sum)
                : part.eTag().replace("\"", "").equals(md5(file, offset, size));
    }

    private static String md5(Path file, long offset, long size) throws IOException {
        try (InputStream in = open(file, offset, size)) {
            MessageDigest digest = MessageDigest.getInstance("MD5");
            byte[] buffer = new byte[1 << 16];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has MD5", e);
        }
    }

    private static RequestBody region(Path file, long offset, long size) {
        return RequestBody.fromContentProvider(
                () -> {
                    try {
                        return open(file, offset, size);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                size,
                TYPE);
    }

    private static InputStream open(Path file, long offset, long size) throws IOException {
        InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS);
        in.skipNBytes(offset);
        return new Limited(in, size);
    }

    /** Ends after so many bytes. */
    private static final class Limited extends FilterInputStream {
        private long left;

        Limited(InputStream in, long left) {
            super(in);
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            int read = left == 0 ? -1 : super.read();
            left -= read < 0 ? 0 : 1;
            return read;
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            if (left == 0 && length > 0) {
                return -1;
            }
            int read = super.read(into, from, (int) Math.min(length, left));
            left -= Math.max(0, read);
            return read;
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }

    private void abort(String key, String id) {
        try {
            client.abortMultipartUpload(b -> b.bucket(bucket).key(key).uploadId(id));
        } catch (SdkException e) { // gone, or aborted as a leftover tomorrow
            LOG.debug("The upload {} of {} is not aborted: {}", id, key, e.toString());
        }
    }
}
