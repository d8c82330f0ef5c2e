package dev.stationmaster.jobs.runner.kubernetes;

import dev.stationmaster.platform.config.SettingsReader;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Where pods may run.
 *
 * @param selector labels that a node must have
 * @param tolerations taints that a node may have
 */
public record NodeRules(Map<String, String> selector, List<Toleration> tolerations) {
    private static final Set<String> EFFECTS = Set.of("NoSchedule", "PreferNoSchedule", "NoExecute");

    static NodeRules read(SettingsReader r) {
        Map<String, String> selector = new TreeMap<>(selector(r, "runners.kubernetes_node_selector"));
        var tolerations = new ArrayList<>(tolerations(r, "runners.kubernetes_tolerations"));
        Map<String, String> spot = selector(r, "runners.kubernetes_spot_node_selector");
        List<Toleration> ofSpot = tolerations(r, "runners.kubernetes_spot_tolerations");
        if (r.bool("runners.kubernetes_spot")) {
            selector.putAll(spot);
            tolerations.addAll(ofSpot);
        }
        return new NodeRules(Map.copyOf(selector), List.copyOf(tolerations));
    }

    private static Map<String, String> selector(SettingsReader r, String key) {
        Map<String, String> labels = new TreeMap<>();
        for (String part : KubernetesSettings.list(r.string(key))) {
            int at = part.indexOf('=');
            if (at < 1) {
                r.problems().add(key, "expected labels such as pool=train, got \"" + part + "\"");
            } else {
                labels.put(part.substring(0, at), part.substring(at + 1));
            }
        }
        return labels;
    }

    private static List<Toleration> tolerations(SettingsReader r, String key) {
        var tolerations = new ArrayList<Toleration>();
        for (String part : KubernetesSettings.list(r.string(key))) {
            int colon = part.lastIndexOf(':');
            String effect = part.substring(colon + 1);
            if (colon < 1 || !EFFECTS.contains(effect)) {
                r.problems()
                        .add(key, "expected taints such as team=ml:NoSchedule or gpu:NoExecute, got \"" + part + "\"");
                continue;
            }
            String taint = part.substring(0, colon);
            int at = taint.indexOf('=');
            var toleration = new TolerationBuilder().withEffect(effect);
            tolerations.add(
                    at < 0
                            ? toleration.withKey(taint).withOperator("Exists").build()
                            : toleration
                                    .withKey(taint.substring(0, at))
                                    .withOperator("Equal")
                                    .withValue(taint.substring(at + 1))
                                    .build());
        }
        return tolerations;
    }
}
