package dev.stationmaster.jobs.runner.gpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads {@code nvidia-smi --query-gpu=… --format=csv,noheader}, for drivers whose XML can't be read. */
final class SmiCsv {
    static final String FIELDS = "index,uuid,name,pci.bus_id,memory.total,mig.mode.current,"
            + "ecc.errors.uncorrected.volatile.total,retired_pages.pending,remapped_rows.failure";
    private static final int COLUMNS = FIELDS.split(",", -1).length;

    private SmiCsv() {}

    /** Empty when no line of it is a GPU's. */
    static Optional<List<GpuDevice>> parse(String text, List<SmiList.Gpu> list) {
        var devices = new ArrayList<GpuDevice>();
        boolean any = false;
        for (String line : text.lines().toList()) {
            String[] cells = line.split(",", -1);
            Long index = SmiCells.number(cells[0]);
            if (cells.length >= COLUMNS && index != null) {
                any = true;
                devices.addAll(gpu(cells, index.intValue(), list));
            }
        }
        return any ? Optional.of(devices) : Optional.empty();
    }

    static boolean tellsOfMig(String text) {
        return text.contains(" Enabled,");
    }

    private static List<GpuDevice> gpu(String[] cells, int index, List<SmiList.Gpu> list) {
        String uuid = SmiCells.text(cells[1]);
        var whole = new GpuDevice(
                uuid == null ? Integer.toString(index) : uuid,
                index,
                SmiCells.text(cells[3]),
                SmiCells.text(cells[2]),
                SmiCells.mebibytes(cells[4]),
                null,
                fault(cells));
        if (!SmiCells.enabled(cells[5])) {
            return List.of(whole);
        }
        return SmiList.find(list, uuid).map(SmiList.Gpu::slices).orElse(List.of()).stream()
                .map(s -> new GpuDevice(s.uuid(), index, whole.bus(), whole.name(), null, s.profile(), whole.fault()))
                .toList();
    }

    private static @Nullable String fault(String[] cells) {
        for (String cell : cells) {
            if (SmiCells.broken(cell)) {
                return "it reads " + cell.strip();
            }
        }
        Long errors = SmiCells.number(cells[6]);
        return errors != null && errors > 0
                ? SmiCells.eccFault(errors)
                : SmiCells.yes(cells[8])
                        ? SmiCells.REMAP_FAILED
                        : SmiCells.yes(cells[7]) ? SmiCells.RETIREMENT_PENDING : null;
    }
}
