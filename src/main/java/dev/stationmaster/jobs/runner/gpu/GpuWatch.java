package dev.stationmaster.jobs.runner.gpu;

import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which devices this machine has and which are well, looked at again and again. A look that fails changes nothing; a
 * device that is listed no more is not well. Thread-safe: one thread looks, all read.
 */
public final class GpuWatch {
    private static final Logger LOG = LoggerFactory.getLogger(GpuWatch.class);

    /** @param known whether a look has told what there is, or the settings have */
    private record State(List<GpuDevice> devices, boolean known) {}

    private final @Nullable GpuInventory inventory;
    private final boolean numbered;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private volatile State state;
    private volatile boolean looking;
    private @Nullable String problem;

    private GpuWatch(@Nullable GpuInventory inventory, State first, boolean numbered) {
        this.inventory = inventory;
        this.state = first;
        this.numbered = numbered;
    }

    /** Those that {@code nvidia-smi} lists, by UUID. */
    public static GpuWatch found(GpuInventory inventory) {
        return new GpuWatch(inventory, new State(List.of(), false), false);
    }

    /** So many, by number, whatever is listed. */
    public static GpuWatch numbered(int count, @Nullable GpuInventory inventory) {
        var devices = IntStream.range(0, count).mapToObj(GpuDevice::numbered).toList();
        return new GpuWatch(count == 0 ? null : inventory, new State(devices, true), true);
    }

    /** These, and nobody looks. */
    public static GpuWatch of(List<GpuDevice> devices) {
        return new GpuWatch(null, new State(List.copyOf(devices), true), false);
    }

    /** Of all, well or not. */
    public List<GpuDevice> devices() {
        return state.devices();
    }

    /** False: no look has succeeded yet, so there may be devices that are not told. */
    public boolean known() {
        return state.known();
    }

    public int inService() {
        return (int) devices().stream().filter(d -> d.fault() == null).count();
    }

    /** Called when something changed, on the thread that looked. */
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /** Looks on a worker thread, until {@code vertx} is closed. */
    public void repeat(Vertx vertx, Duration every) {
        if (inventory == null) {
            return;
        }
        WorkerExecutor worker = vertx.createSharedWorkerExecutor("gpu-watch", 1);
        vertx.setPeriodic(every.toMillis(), fired -> {
            if (!looking) {
                looking = true;
                worker.executeBlocking(
                                () -> {
                                    look();
                                    return true;
                                },
                                false)
                        .onFailure(e -> LOG.warn("Looking at the GPUs failed", e))
                        .onComplete(done -> looking = false);
            }
        });
    }

    /** Blocks. */
    public synchronized void look() {
        if (inventory == null) {
            return;
        }
        GpuReading reading = inventory.read();
        State before = state;
        State now = after(before, reading);
        state = now;
        tell(before, now, reading);
        if (!now.equals(before)) {
            listeners.forEach(Runnable::run);
        }
    }

    private State after(State before, GpuReading reading) {
        List<GpuDevice> listed = reading.devices();
        if (listed == null) {
            return new State(
                    before.devices().stream()
                            .map(d -> reading.lost(d).map(d::with).orElse(d))
                            .toList(),
                    before.known());
        }
        return new State(numbered ? numbered(before.devices(), listed) : listed(before.devices(), reading), true);
    }

    /** Where nothing is listed the settings know better: other makers' GPUs have no {@code nvidia-smi}. */
    private static List<GpuDevice> numbered(List<GpuDevice> before, List<GpuDevice> listed) {
        return before.stream()
                .map(d -> listed.isEmpty()
                        ? d.with(null)
                        : listed.stream()
                                .filter(l -> l.gpu() == d.gpu())
                                .max((a, b) -> Boolean.compare(a.fault() != null, b.fault() != null))
                                .map(l -> l.as(d.id()))
                                .orElse(d.with("nvidia-smi does not list it")))
                .toList();
    }

    private static List<GpuDevice> listed(List<GpuDevice> before, GpuReading reading) {
        List<GpuDevice> listed = Objects.requireNonNull(reading.devices());
        var all = new ArrayList<>(listed);
        for (GpuDevice device : before) {
            if (find(listed, device.id()).isEmpty()) {
                all.add(device.with(reading.lost(device).orElse("nvidia-smi lists it no more")));
            }
        }
        return List.copyOf(all);
    }

    private static Optional<GpuDevice> find(List<GpuDevice> devices, String id) {
        return devices.stream().filter(d -> d.id().equals(id)).findFirst();
    }

    private void tell(State before, State now, GpuReading reading) {
        if (reading.problem() != null && !reading.problem().equals(problem)) {
            LOG.warn("What GPUs there are is unknown at present: {}", reading.problem());
        }
        problem = reading.problem();
        for (GpuDevice device : now.devices()) {
            String was =
                    find(before.devices(), device.id()).map(GpuDevice::fault).orElse(null);
            if (device.fault() != null && was == null) {
                LOG.warn(
                        "GPU {} is out of service: {}. Nothing more is given to it; what runs there goes on.",
                        device.id(),
                        device.fault());
            } else if (device.fault() == null && was != null) {
                LOG.info("GPU {} is in service again", device.id());
            }
        }
    }
}
