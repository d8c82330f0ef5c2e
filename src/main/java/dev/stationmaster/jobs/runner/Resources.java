package dev.stationmaster.jobs.runner;

/**
 * An amount of machine. Never negative.
 *
 * @param cpuMillis thousandths of a core
 * @param memoryBytes bytes of memory
 * @param gpus whole GPUs
 * @param storageBytes bytes of disk for checkpoints and artifacts
 */
public record Resources(long cpuMillis, long memoryBytes, int gpus, long storageBytes) {
    public static final Resources NONE = new Resources(0, 0, 0, 0);

    public Resources plus(Resources other) {
        return new Resources(
                cpuMillis + other.cpuMillis,
                memoryBytes + other.memoryBytes,
                gpus + other.gpus,
                storageBytes + other.storageBytes);
    }

    public Resources minus(Resources other) {
        return new Resources(
                cpuMillis - other.cpuMillis,
                memoryBytes - other.memoryBytes,
                gpus - other.gpus,
                storageBytes - other.storageBytes);
    }

    /** The same with so many GPUs. */
    public Resources withGpus(int n) {
        return new Resources(cpuMillis, memoryBytes, n, storageBytes);
    }

    public Resources times(int n) {
        return new Resources(cpuMillis * n, memoryBytes * n, gpus * n, storageBytes * n);
    }

    /** Whether all of this fits into {@code room}. */
    public boolean fitsIn(Resources room) {
        return cpuMillis <= room.cpuMillis
                && memoryBytes <= room.memoryBytes
                && gpus <= room.gpus
                && storageBytes <= room.storageBytes;
    }
}
