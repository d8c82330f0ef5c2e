package dev.stationmaster.jobs.runner.docker;

import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.model.PullResponseItem;
import dev.stationmaster.jobs.runner.LaunchException;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Waits for an image. Another thread may {@link #cancel} it. */
final class ImagePull extends ResultCallback.Adapter<PullResponseItem> {
    private final String image;
    private final Consumer<String> lines;
    private final PullProgress progress = new PullProgress();
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private @Nullable String error;

    /** @param lines told of the progress */
    ImagePull(String image, Consumer<String> lines) {
        this.image = image;
        this.lines = lines;
    }

    @Override
    public void onNext(PullResponseItem item) {
        if (item.getErrorDetail() != null) {
            error = item.getErrorDetail().getMessage();
        }
        progress.line(image, item).ifPresent(lines);
    }

    @Override
    public void onError(Throwable throwable) {
        end.completeExceptionally(throwable);
        super.onError(throwable);
    }

    @Override
    public void onComplete() {
        end.complete(null);
        super.onComplete();
    }

    void cancel() {
        end.completeExceptionally(new LaunchException("It was stopped while its image was being pulled."));
    }

    /** Fails with {@link LaunchException} and the reason. */
    void await(long seconds) {
        try {
            end.get(seconds, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw cause instanceof LaunchException launch ? launch : failure(String.valueOf(cause));
        } catch (TimeoutException e) {
            throw new LaunchException(
                    "image_pull_timeout", "The image " + image + " was not there after " + seconds + " s.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LaunchException("The server was stopped.");
        } finally {
            closeQuietly();
        }
        if (error != null) {
            throw failure(error);
        }
    }

    private LaunchException failure(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        String line = text.strip().lines().findFirst().orElse("");
        boolean denied = lower.contains("unauthorized")
                || lower.contains("denied")
                || lower.contains("authentication required")
                || lower.contains("no basic auth");
        return denied
                ? new LaunchException(
                        "image_pull_denied",
                        "The registry refuses the image " + image
                                + ": check its name and the agent's secrets REGISTRY_USERNAME and REGISTRY_PASSWORD. "
                                + line)
                : new LaunchException("image_not_found", "The image " + image + " can't be pulled: " + line);
    }

    private void closeQuietly() {
        try {
            close();
        } catch (IOException e) {
            end.completeExceptionally(e); // nobody waits for it any more
        }
    }
}
