package dev.stationmaster.jobs.scheduler;

import dev.stationmaster.jobs.runner.Resources;
import java.util.function.LongBinaryOperator;

/**
 * An amount of everything that is shared. As a limit, {@link #UNLIMITED} in a field means that there is none; arithmetic
 * keeps it.
 *
 * @param cpuMillis thousandths of a core
 * @param memoryBytes bytes of memory
 * @param gpus whole GPUs
 * @param storageBytes bytes of disk
 * @param jobs jobs at once
 */
public record Amounts(long cpuMillis, long memoryBytes, long gpus, long storageBytes, long jobs) {
    public static final long UNLIMITED = Long.MAX_VALUE;
    public static final Amounts NONE = new Amounts(0, 0, 0, 0, 0);
    public static final Amounts NO_LIMIT = new Amounts(UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED);

    public static Amounts of(Resources r, long jobs) {
        return new Amounts(r.cpuMillis(), r.memoryBytes(), r.gpus(), r.storageBytes(), jobs);
    }

    /** Field by field. */
    public Amounts with(Amounts other, LongBinaryOperator f) {
        return new Amounts(
                f.applyAsLong(cpuMillis, other.cpuMillis),
                f.applyAsLong(memoryBytes, other.memoryBytes),
                f.applyAsLong(gpus, other.gpus),
                f.applyAsLong(storageBytes, other.storageBytes),
                f.applyAsLong(jobs, other.jobs));
    }

    public Amounts plus(Amounts other) {
        return with(other, Amounts::add);
    }

    public Amounts minus(Amounts other) {
        return with(other, Amounts::subtract);
    }

    /** {@code n} of this. */
    public Amounts times(long n) {
        return with(NONE, (a, b) -> a == UNLIMITED ? UNLIMITED : a * n);
    }

    static long add(long a, long b) {
        return a == UNLIMITED || b == UNLIMITED ? UNLIMITED : a + b;
    }

    static long subtract(long a, long b) {
        return a == UNLIMITED ? UNLIMITED : a - b;
    }

    /** Whether nothing of this is more than {@code limit} has. */
    public boolean fitsIn(Amounts limit) {
        return cpuMillis <= limit.cpuMillis
                && memoryBytes <= limit.memoryBytes
                && gpus <= limit.gpus
                && storageBytes <= limit.storageBytes
                && jobs <= limit.jobs;
    }

    /**
     * The largest part of {@code whole} that this takes of any machine resource, 0 to 1 and above: the dominant share of
     * Ghodsi et al., "Dominant Resource Fairness" (NSDI 2011). Storage and the number of jobs do not count.
     */
    public double dominantShare(Amounts whole) {
        return Math.max(
                part(cpuMillis, whole.cpuMillis),
                Math.max(part(memoryBytes, whole.memoryBytes), part(gpus, whole.gpus)));
    }

    private static double part(long used, long whole) {
        return whole <= 0 || whole == UNLIMITED ? 0 : (double) used / whole;
    }

    /**
     * The first resource of which this asks for more than {@code limit} has, in words; empty when it fits. What is not
     * asked for can't be lacking, even where a lowered limit leaves less than nothing of it.
     */
    public String excess(Amounts limit) {
        Amounts lacking = lacking(limit);
        return lacking.cpuMillis > 0
                ? "CPU"
                : lacking.memoryBytes > 0
                        ? "memory"
                        : lacking.gpus > 0
                                ? "GPU"
                                : lacking.storageBytes > 0 ? "storage" : lacking.jobs > 0 ? "jobs at once" : "";
    }

    /** 1 for each resource of which this asks for more than {@code limit} has, 0 for the others. */
    Amounts lacking(Amounts limit) {
        return with(limit, (asked, left) -> asked > 0 && asked > left ? 1 : 0);
    }
}
