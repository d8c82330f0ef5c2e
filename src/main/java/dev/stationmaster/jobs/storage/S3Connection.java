package dev.stationmaster.jobs.storage;

import dev.stationmaster.jobs.storage.StorageSettings.Bucket;
import dev.stationmaster.platform.config.Secret;
import java.net.URI;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** Makes the client of a bucket. */
final class S3Connection {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration SILENCE = Duration.ofSeconds(60);

    private S3Connection() {}

    static S3Client open(Bucket bucket) {
        var builder = S3Client.builder()
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECT)
                        .socketTimeout(SILENCE))
                .forcePathStyle(bucket.pathStyle())
                // SHA-256 is given with each request; other sums are not known to all servers
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .overrideConfiguration(o -> o.retryStrategy(RetryMode.STANDARD));
        URI endpoint = bucket.endpoint().orElse(null);
        if (endpoint != null) {
            builder.endpointOverride(endpoint);
        }
        String region = bucket.region().orElse(endpoint == null ? null : "us-east-1");
        if (region != null) {
            builder.region(Region.of(region));
        }
        String key = bucket.accessKey().orElse(null);
        Secret secret = bucket.secretKey().orElse(null);
        if (key != null && secret != null) {
            builder.credentialsProvider(
                    StaticCredentialsProvider.create(AwsBasicCredentials.create(key, secret.reveal())));
        }
        try {
            return builder.build();
        } catch (SdkClientException e) { // no region is known
            throw new IllegalStateException("The bucket of storage.s3_bucket can't be used: " + e.getMessage(), e);
        }
    }
}
