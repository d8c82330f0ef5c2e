package dev.stationmaster.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** S3Proxy, a real S3-compatible server, in a JVM of its own; its objects are gone with it. */
public final class S3Server implements AutoCloseable {
    public static final String KEY = "test-access-key";
    public static final String SECRET = "test-secret-key";
    public static final String BUCKET = "training";

    private final Process process;
    private final Path folder = TestServer.tempDir();
    private final int port;

    private S3Server() throws IOException {
        try (var socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        Path jar = Path.of("target/s3-server/s3proxy.jar").toAbsolutePath();
        assertThat(jar).as("fetched by mvn generate-test-resources").exists();
        Files.write(
                folder.resolve("s3proxy.conf"),
                List.of(
                        "s3proxy.endpoint=http://127.0.0.1:" + port,
                        "s3proxy.authorization=aws-v4",
                        "s3proxy.identity=" + KEY,
                        "s3proxy.credential=" + SECRET,
                        "s3proxy.ignore-unknown-headers=true", // it does not know x-amz-checksum-sha256
                        "jclouds.provider=transient"));
        process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-Xmx256m",
                        "-XX:TieredStopAtLevel=1",
                        "-jar",
                        jar.toString(),
                        "--properties",
                        folder.resolve("s3proxy.conf").toString())
                .redirectErrorStream(true)
                .redirectOutput(Path.of("target/s3-server/log-" + port).toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    }

    /** With an empty bucket. */
    public static S3Server start() {
        try {
            var server = new S3Server();
            Awaitility.await("S3Proxy").atMost(Duration.ofSeconds(60)).until(server::answers);
            try (S3Client client = server.client()) {
                client.createBucket(b -> b.bucket(BUCKET));
            }
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean answers() throws IOException {
        assertThat(process.isAlive())
                .as("S3Proxy runs; see target/s3-server/log-" + port)
                .isTrue();
        try {
            var connection = (HttpURLConnection) URI.create(endpoint()).toURL().openConnection();
            return connection.getResponseCode() > 0;
        } catch (java.net.ConnectException e) {
            return false;
        }
    }

    public int port() {
        return port;
    }

    public String endpoint() {
        return "http://127.0.0.1:" + port;
    }

    /** A client of the test's own, beside the product. */
    public S3Client client() {
        return S3Client.builder()
                .httpClientBuilder(UrlConnectionHttpClient.builder())
                .endpointOverride(URI.create(endpoint()))
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(KEY, SECRET)))
                .build();
    }

    public Map<String, String> settings() {
        return Map.of(
                "storage.kind",
                "s3",
                "storage.s3_bucket",
                BUCKET,
                "storage.s3_endpoint",
                endpoint(),
                "storage.s3_path_style",
                "true",
                "storage.s3_access_key",
                KEY,
                "storage.s3_secret_key",
                SECRET);
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
        TestServer.deleteTree(folder);
    }
}
