package dev.stationmaster.jobs.runner.gpu;

import org.jspecify.annotations.Nullable;

/**
 * What a program can be given: a GPU, or a part of one in MIG mode.
 *
 * @param id by which CUDA and containers know it: a UUID, else a number
 * @param gpu number of the GPU that it is or is a part of
 * @param bus PCI address of that GPU
 * @param memoryBytes null: not told
 * @param profile of a MIG device, e.g. {@code 1g.10gb}; null: a whole GPU, or not told
 * @param fault why it must not be used; null: it is well
 */
public record GpuDevice(
        String id,
        int gpu,
        @Nullable String bus,
        @Nullable String name,
        @Nullable Long memoryBytes,
        @Nullable String profile,
        @Nullable String fault) {
    /** Of which only the number is known. */
    public static GpuDevice numbered(int number) {
        return new GpuDevice(Integer.toString(number), number, null, null, null, null, null);
    }

    public GpuDevice with(@Nullable String otherFault) {
        return new GpuDevice(id, gpu, bus, name, memoryBytes, profile, otherFault);
    }

    GpuDevice as(String otherId) {
        return new GpuDevice(otherId, gpu, bus, name, memoryBytes, profile, fault);
    }
}
