package dev.stationmaster.jobs.runner.kubernetes;

import dev.stationmaster.jobs.runner.Resources;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a cluster can hold in all: as set, else the sum over nodes that are ready, take new pods and match the selector, but
 * no more than the quotas of the namespace. What other programs of the cluster hold is not known here; a pod that finds
 * no room waits and says so. A replica can't be larger than the largest node, whatever the sum.
 *
 * @param all of the cluster
 * @param largest of one node
 */
record ClusterCapacity(Resources all, Resources largest) {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterCapacity.class);
    private static final int FORBIDDEN = 403;
    private static final long STORAGE = 1_000_000_000_000_000L;
    private static final List<String> CPU = List.of("requests.cpu", "cpu", "limits.cpu");
    private static final List<String> MEMORY = List.of("requests.memory", "memory", "limits.memory");

    /** Asks the cluster. Blocks. */
    static ClusterCapacity read(KubernetesApi api, KubernetesSettings settings) {
        List<Node> nodes = List.of();
        List<ResourceQuota> quotas = List.of();
        try {
            nodes = api.nodes(settings.nodes().selector());
        } catch (KubernetesClientException e) {
            unlessForbidden(e, "nodes");
        }
        try {
            quotas = api.quotas();
        } catch (KubernetesClientException e) {
            unlessForbidden(e, "resourcequotas");
        }
        return of(nodes, quotas, settings);
    }

    private static void unlessForbidden(KubernetesClientException e, String what) {
        if (e.getCode() != FORBIDDEN) {
            throw e;
        }
        LOG.debug("This server may not list {}", what);
    }

    static ClusterCapacity of(List<Node> nodes, List<ResourceQuota> quotas, KubernetesSettings settings) {
        String gpu = settings.gpuResource();
        List<Resources> each = nodes.stream()
                .filter(ClusterCapacity::takesPods)
                .map(node -> of(node.getStatus().getAllocatable(), gpu))
                .toList();
        Resources sum = each.isEmpty() ? null : each.stream().reduce(Resources.NONE, Resources::plus);
        var set = settings.capacity();
        long cpu = set.cpuMillis().orElseGet(() -> least(sum == null ? null : sum.cpuMillis(), quotas, CPU, 3));
        long memory =
                set.memoryBytes().orElseGet(() -> least(sum == null ? null : sum.memoryBytes(), quotas, MEMORY, 0));
        long gpus = set.gpus()
                .map(Integer::longValue)
                .orElseGet(() -> least(
                        sum == null ? null : (long) sum.gpus(),
                        quotas,
                        List.of("requests." + gpu, "limits." + gpu),
                        0));
        var all = new Resources(cpu, memory, (int) gpus, STORAGE);
        Resources largest = each.stream()
                .reduce(ClusterCapacity::most)
                .map(one -> least(one, all))
                .orElse(all);
        return new ClusterCapacity(all, largest);
    }

    private static boolean takesPods(Node node) {
        boolean closed =
                node.getSpec() != null && Boolean.TRUE.equals(node.getSpec().getUnschedulable());
        return !closed
                && node.getStatus() != null
                && node.getStatus().getAllocatable() != null
                && node.getStatus().getConditions().stream()
                        .anyMatch(c -> "Ready".equals(c.getType()) && "True".equals(c.getStatus()));
    }

    private static Resources of(Map<String, Quantity> allocatable, String gpu) {
        return new Resources(
                amount(allocatable.get("cpu"), 3),
                amount(allocatable.get("memory"), 0),
                (int) amount(allocatable.get(gpu), 0),
                STORAGE);
    }

    /** Of each the most: seldom one node has it all, but what no node has is refused. */
    private static Resources most(Resources a, Resources b) {
        return new Resources(
                Math.max(a.cpuMillis(), b.cpuMillis()),
                Math.max(a.memoryBytes(), b.memoryBytes()),
                Math.max(a.gpus(), b.gpus()),
                STORAGE);
    }

    private static Resources least(Resources a, Resources b) {
        return new Resources(
                Math.min(a.cpuMillis(), b.cpuMillis()),
                Math.min(a.memoryBytes(), b.memoryBytes()),
                Math.min(a.gpus(), b.gpus()),
                STORAGE);
    }

    /** 0 where neither nodes nor quotas say. */
    private static long least(@Nullable Long nodes, List<ResourceQuota> quotas, List<String> names, int shift) {
        Stream<Long> limits = quotas.stream()
                .filter(quota -> quota.getSpec() != null && quota.getSpec().getHard() != null)
                .filter(quota -> quota.getSpec().getScopes() == null
                        || quota.getSpec().getScopes().isEmpty())
                .flatMap(quota -> names.stream()
                        .filter(quota.getSpec().getHard()::containsKey)
                        .map(name -> amount(quota.getSpec().getHard().get(name), shift)));
        return Stream.concat(nodes == null ? Stream.empty() : Stream.of(nodes), limits)
                .min(Long::compare)
                .orElse(0L);
    }

    private static long amount(@Nullable Quantity quantity, int shift) {
        BigDecimal number = quantity == null ? BigDecimal.ZERO : quantity.getNumericalAmount();
        return number.movePointRight(shift).setScale(0, RoundingMode.DOWN).longValue();
    }
}
