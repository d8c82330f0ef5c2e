package dev.stationmaster.jobs.storage;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import java.io.IOException;
import java.util.Set;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/** What a bucket's refusal means for those who asked. */
final class S3Problems {
    private static final long RETRY_SECONDS = 15;
    private static final Set<String> CHECKSUM = Set.of(
            "BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "InvalidPart");
    private static final Set<String> FULL =
            Set.of("InsufficientStorage", "QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded");

    private S3Problems() {}

    static ApiException of(Exception e, String bucket, JobFolder folder, String name) {
        return e instanceof AwsServiceException s && isMissing(s)
                ? ApiException.notFound(folder.kind().wireName(), name)
                : of(e, bucket);
    }

    /** The object or the upload; a HEAD has no text that would say which. */
    static boolean isMissing(AwsServiceException e) {
        return e.statusCode() == 404 && !"NoSuchBucket".equals(code(e));
    }

    static ApiException of(Exception e, String bucket) {
        if (e instanceof ApiException known) {
            return known;
        }
        if (e instanceof AwsServiceException s) {
            return refused(s, bucket);
        }
        if (e instanceof SdkException) {
            return unreachable(String.valueOf(e.getMessage()));
        }
        return e instanceof IOException io ? LocalFiles.unwritable(io) : unreachable(e.toString());
    }

    private static ApiException refused(AwsServiceException e, String bucket) {
        String code = code(e);
        if (CHECKSUM.contains(code)) {
            return new ApiException(
                    ErrorCode.CHECKSUM_MISMATCH, "What arrived in the bucket is not what was sent; send it anew.");
        }
        if (e.statusCode() == 507 || FULL.contains(code)) {
            return new ApiException(ErrorCode.STORAGE_FULL, "The bucket " + bucket + " is full.");
        }
        if ("NoSuchBucket".equals(code)) {
            return new ApiException(
                    ErrorCode.BUCKET_MISSING, "There is no bucket " + bucket + "; make it, or mend storage.s3_bucket.");
        }
        boolean mayPass = e.statusCode() >= 500 && e.statusCode() != 501;
        if (mayPass || e.statusCode() == 429) {
            return unreachable("it answers " + e.statusCode() + " " + code);
        }
        return new ApiException(
                ErrorCode.STORAGE_REFUSES,
                "The bucket " + bucket + " answers " + e.statusCode() + " " + code
                        + "; an administrator must look at its rights and at storage.s3_access_key.");
    }

    private static String code(AwsServiceException e) {
        return e.awsErrorDetails() == null || e.awsErrorDetails().errorCode() == null
                ? ""
                : e.awsErrorDetails().errorCode();
    }

    private static ApiException unreachable(String why) {
        return ApiException.retryLater(
                ErrorCode.STORAGE_UNREACHABLE, "The storage can't be reached: " + why, RETRY_SECONDS);
    }
}
