package dev.stationmaster.jobs.runner.kubernetes;

import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;

/**
 * What all attempts share.
 *
 * @param worker for calls that block
 * @param server the label of whose Jobs these are
 */
record AttemptParts(
        Vertx vertx,
        WorkerExecutor worker,
        Clock clock,
        KubernetesApi api,
        KubernetesSettings settings,
        String server,
        int maxLineBytes) {}
