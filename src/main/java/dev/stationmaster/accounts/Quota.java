package dev.stationmaster.accounts;

import org.jspecify.annotations.Nullable;

/** What a user may use at the same time, and spend in all ({@code budgetNanos}, null: no limit). */
public record Quota(long cpuMillis, long memoryBytes, int gpus, long storageBytes, @Nullable Long budgetNanos) {}
