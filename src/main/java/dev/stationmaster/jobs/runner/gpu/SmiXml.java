package dev.stationmaster.jobs.runner.gpu;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/** Reads {@code nvidia-smi -q -x} of all generations. Its document type names a file that is never loaded. */
final class SmiXml {
    /** What programs and people wrote, not the driver. */
    private static final Set<String> NOT_OURS = Set.of("processes", "accounted_processes", "product_name");

    private static final String NAME = "product_name";
    private static final int MAX_CELL = 200;

    private SmiXml() {}

    /** Empty when this is no such document, or one that tells of GPUs and lists none. */
    static Optional<List<GpuDevice>> parse(String xml, List<SmiList.Gpu> list) {
        Element root;
        try {
            root = builder().parse(new InputSource(new StringReader(xml))).getDocumentElement();
        } catch (SAXException | IOException | ParserConfigurationException e) {
            return Optional.empty();
        }
        if (!"nvidia_smi_log".equals(root.getTagName())) {
            return Optional.empty();
        }
        List<Element> gpus = children(root, "gpu");
        Long attached = SmiCells.number(text(root, "attached_gpus"));
        if (gpus.isEmpty() && (attached == null || attached > 0)) {
            return Optional.empty();
        }
        var devices = new ArrayList<GpuDevice>();
        for (int i = 0; i < gpus.size(); i++) {
            devices.addAll(gpu(gpus.get(i), i, list));
        }
        return Optional.of(devices);
    }

    /** Whether {@code -L} is needed too. */
    static boolean tellsOfMig(String xml) {
        return xml.contains("<mig_device>");
    }

    private static DocumentBuilder builder() throws ParserConfigurationException {
        var factory = DocumentBuilderFactory.newInstance();
        factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
        factory.setFeature("http://xml.org/sax/features/external-general-entities", false);
        factory.setFeature("http://xml.org/sax/features/external-parameter-entities", false);
        factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
        factory.setAttribute(XMLConstants.ACCESS_EXTERNAL_DTD, "");
        factory.setAttribute(XMLConstants.ACCESS_EXTERNAL_SCHEMA, "");
        factory.setXIncludeAware(false);
        factory.setExpandEntityReferences(false);
        DocumentBuilder builder = factory.newDocumentBuilder();
        builder.setErrorHandler(new DefaultHandler()); // says nothing on the console
        return builder;
    }

    private static List<GpuDevice> gpu(Element gpu, int position, List<SmiList.Gpu> list) {
        String uuid = SmiCells.text(text(gpu, "uuid"));
        Optional<SmiList.Gpu> listed = SmiList.find(list, uuid);
        int index = listed.map(SmiList.Gpu::index).orElse(position);
        String bus = SmiCells.text(gpu.getAttribute("id"));
        String fault = fault(gpu);
        long errors = uncorrectable(gpu);
        var whole = new GpuDevice(
                uuid == null ? Integer.toString(index) : uuid,
                index,
                bus,
                SmiCells.text(text(gpu, NAME)),
                SmiCells.mebibytes(text(gpu, "fb_memory_usage", "total")),
                null,
                fault != null ? fault : errors > 0 ? SmiCells.eccFault(errors) : null);
        return SmiCells.enabled(text(gpu, "mig_mode", "current_mig"))
                ? slices(gpu, whole, fault, listed.map(SmiList.Gpu::slices).orElse(List.of()))
                : List.of(whole);
    }

    /** Errors that one slice shows are its own; those that none shows may be any's. */
    private static List<GpuDevice> slices(
            Element gpu, GpuDevice whole, @Nullable String gpuFault, List<SmiList.Slice> listed) {
        List<Element> slices = child(gpu, "mig_devices")
                .map(all -> children(all, "mig_device"))
                .orElse(List.of());
        boolean known = slices.stream().anyMatch(slice -> errors(slice) > 0);
        var devices = new ArrayList<GpuDevice>();
        for (Element slice : slices) {
            Long index = SmiCells.number(text(slice, "index"));
            Optional<SmiList.Slice> same = listed.stream()
                    .filter(one -> index != null && one.index() == index)
                    .findFirst();
            String own = errors(slice) > 0 ? SmiCells.eccFault(errors(slice)) : null;
            devices.add(new GpuDevice(
                    same.map(SmiList.Slice::uuid).orElseGet(() -> longName(whole, slice)),
                    whole.gpu(),
                    whole.bus(),
                    whole.name(),
                    SmiCells.mebibytes(text(slice, "fb_memory_usage", "total")),
                    same.map(SmiList.Slice::profile).orElse(null),
                    gpuFault != null ? gpuFault : own != null || known ? own : whole.fault()));
        }
        return devices;
    }

    /** As CUDA knows it too, where its UUID is not told. */
    private static String longName(GpuDevice whole, Element slice) {
        return "MIG-" + whole.id() + "/" + text(slice, "gpu_instance_id") + "/" + text(slice, "compute_instance_id");
    }

    private static long errors(Element slice) {
        Long count = SmiCells.number(text(slice, "ecc_error_count", "volatile_count", "sram_uncorrectable"));
        return count == null ? 0 : count;
    }

    /** Up to v10 {@code double_bit/total}; later by kind of memory, and from v12 on by kind of check. */
    private static long uncorrectable(Element gpu) {
        Optional<Element> counts = child(gpu, "ecc_errors").flatMap(ecc -> child(ecc, "volatile"));
        Long old =
                counts.map(c -> SmiCells.number(text(c, "double_bit", "total"))).orElse(null);
        if (old != null) {
            return old;
        }
        return counts.map(SmiXml::elements).orElse(List.of()).stream()
                .filter(e -> e.getTagName().contains("uncorrectable"))
                .map(e -> SmiCells.number(e.getTextContent()))
                .mapToLong(n -> n == null ? 0 : n)
                .sum();
    }

    /** What is wrong with all of it, errors of its memory aside. */
    private static @Nullable String fault(Element gpu) {
        String broken = brokenCell(gpu);
        String action = SmiCells.text(text(gpu, "gpu_recovery_action"));
        return broken != null
                ? broken
                : SmiCells.yes(text(gpu, "gpu_reset_status", "reset_required"))
                        ? "it needs a reset"
                        : action != null && !"None".equalsIgnoreCase(action)
                                ? "the driver asks for: " + action
                                : SmiCells.yes(text(gpu, "remapped_rows", "remapped_row_failure"))
                                        ? SmiCells.REMAP_FAILED
                                        : retires(gpu) ? SmiCells.RETIREMENT_PENDING : null;
    }

    private static boolean retires(Element gpu) {
        return SmiCells.yes(text(gpu, "retired_pages", "pending_retirement"))
                || SmiCells.yes(text(gpu, "retired_pages", "pending_blacklist"));
    }

    private static @Nullable String brokenCell(Element element) {
        if (NOT_OURS.contains(element.getTagName())) {
            return null;
        }
        List<Element> inner = elements(element);
        if (inner.isEmpty()) {
            String cell = element.getTextContent().strip();
            cell = cell.substring(0, Math.min(MAX_CELL, cell.length()));
            return SmiCells.broken(cell) ? element.getTagName() + " reads " + cell : null;
        }
        for (Element one : inner) {
            String broken = brokenCell(one);
            if (broken != null) {
                return broken;
            }
        }
        return null;
    }

    private static @Nullable String text(Element from, String... path) {
        Optional<Element> at = Optional.of(from);
        for (String name : path) {
            at = at.flatMap(element -> child(element, name));
        }
        return at.map(Element::getTextContent).orElse(null);
    }

    private static Optional<Element> child(Element from, String name) {
        return children(from, name).stream().findFirst();
    }

    private static List<Element> children(Element from, String name) {
        return elements(from).stream().filter(e -> e.getTagName().equals(name)).toList();
    }

    private static List<Element> elements(Element from) {
        var found = new ArrayList<Element>();
        for (Node n = from.getFirstChild(); n != null; n = n.getNextSibling()) {
            if (n instanceof Element e) {
                found.add(e);
            }
        }
        return found;
    }
}
