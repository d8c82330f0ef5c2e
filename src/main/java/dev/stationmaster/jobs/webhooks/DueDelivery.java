package dev.stationmaster.jobs.webhooks;

import io.vertx.core.buffer.Buffer;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A delivery whose time has come, with all that is needed to send it.
 *
 * @param tries so far
 * @param sealedPrevious the secret before, while it still signs
 */
record DueDelivery(
        UUID id,
        UUID webhookId,
        String url,
        String body,
        int tries,
        OffsetDateTime queuedAt,
        boolean failing,
        Buffer sealedSecret,
        @Nullable Buffer sealedPrevious) {}
