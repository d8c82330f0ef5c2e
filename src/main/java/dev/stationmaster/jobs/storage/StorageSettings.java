package dev.stationmaster.jobs.storage;

import dev.stationmaster.platform.config.Secret;
import dev.stationmaster.platform.config.SettingsReader;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/** Settings of checkpoints and artifacts. */
public record StorageSettings(
        Kind kind, Bucket bucket, long multipartBytes, long spoolBytes, Duration sync, Keep keep, Duration sweep) {

    /** Where files are. */
    public enum Kind {
        LOCAL,
        S3
    }

    /**
     * A bucket and how to reach it; what is empty is as the AWS SDK finds it.
     *
     * @param prefix before every key: empty, or with a slash at its end
     */
    public record Bucket(
            String name,
            String prefix,
            Optional<String> region,
            Optional<URI> endpoint,
            boolean pathStyle,
            Optional<String> accessKey,
            Optional<Secret> secretKey) {}

    /**
     * How long files of ended jobs stay.
     *
     * @param checkpoints zero: for ever
     * @param artifacts zero: for ever
     * @param newest how many checkpoints of a job that has ended; 0: all
     */
    public record Keep(Duration checkpoints, Duration artifacts, int newest) {}

    public static StorageSettings read(SettingsReader r) {
        Kind kind = r.choice("storage.kind", Kind.class);
        var bucket = bucket(r);
        if (kind == Kind.S3 && bucket.name().isEmpty()) {
            r.problems().add("storage.s3_bucket", "storage.kind s3 needs the name of a bucket");
        }
        if (bucket.accessKey().isPresent() != bucket.secretKey().isPresent()) {
            r.problems().add("storage.s3_secret_key", "s3_access_key and s3_secret_key go together: set both or none");
        }
        return new StorageSettings(
                kind,
                bucket,
                r.bytes("storage.multipart_size", 5 << 20, 1L << 30),
                r.bytes("storage.spool_size", 1 << 20, 1L << 50),
                r.seconds("storage.sync_seconds", Duration.ofMillis(50), Duration.ofDays(1)),
                new Keep(
                        Duration.ofDays(r.integer("storage.checkpoint_retention_days", 0, 36_500)),
                        Duration.ofDays(r.integer("storage.artifact_retention_days", 0, 36_500)),
                        r.integer("storage.keep_checkpoints", 0, 10_000)),
                r.seconds("storage.sweep_seconds", Duration.ofMillis(50), Duration.ofDays(1)));
    }

    private static Bucket bucket(SettingsReader r) {
        String prefix = r.string("storage.s3_prefix").strip().replaceAll("^/+|/+$", "");
        return new Bucket(
                r.string("storage.s3_bucket").strip(),
                prefix.isEmpty() ? "" : prefix + "/",
                r.optional("storage.s3_region"),
                r.uri("storage.s3_endpoint", "http", "https"),
                r.bool("storage.s3_path_style"),
                r.optional("storage.s3_access_key"),
                r.secret("storage.s3_secret_key"));
    }
}
