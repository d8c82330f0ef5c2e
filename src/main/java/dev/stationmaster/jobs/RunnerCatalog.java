package dev.stationmaster.jobs;

import dev.stationmaster.jobs.Placement.RunnerInfo;
import dev.stationmaster.jobs.runner.Runner;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Which runners there are, on whatever machine: this server's at once, the others' as of the last look. Thread-safe. */
final class RunnerCatalog {
    private final List<Runner> runners;
    /** Of the machines that these reach others tell nothing new. */
    private final Set<String> shared;

    private final ClusterStore cluster;
    private final JobsSettings.ImageAgents imageAgents;
    private volatile Placement placement;
    private volatile Placement present;

    RunnerCatalog(List<Runner> runners, ClusterStore cluster, JobsSettings.ImageAgents imageAgents) {
        this.runners = runners;
        this.shared = runners.stream().filter(Runner::shared).map(Runner::name).collect(Collectors.toSet());
        this.cluster = cluster;
        this.imageAgents = imageAgents;
        this.placement = new Placement(own(), imageAgents);
        this.present = placement;
    }

    private static RunnerInfo info(ClusterStore.Offer offer) {
        return new RunnerInfo(offer.runner(), offer.capacity(), Placement.SIMULATION.equals(offer.runner()));
    }

    /** As they are now: a cluster grows and shrinks. */
    private List<RunnerInfo> own() {
        return runners.stream().map(RunnerInfo::of).toList();
    }

    Placement placement() {
        return placement;
    }

    /** Only of what can be given something now. */
    Placement present() {
        return present;
    }

    Future<Void> refresh() {
        return cluster.offers(SnapshotReader.SEEN).map(offers -> {
            var all = new ArrayList<>(own());
            offers.stream().filter(o -> !shared.contains(o.runner())).forEach(o -> all.add(info(o)));
            placement = new Placement(all, imageAgents);
            present = new Placement(
                    offers.stream()
                            .filter(ClusterStore.Offer::up)
                            .map(RunnerCatalog::info)
                            .toList(),
                    imageAgents);
            return null;
        });
    }

    /** The answer of GET /runners. */
    Future<JsonObject> json() {
        return cluster.offers(SnapshotReader.SEEN).map(offers -> {
            var items = new JsonArray();
            for (var offer : offers) {
                items.add(new JsonObject()
                        .put("name", offer.runner())
                        .put("simulated", Placement.SIMULATION.equals(offer.runner()))
                        .put("worker", offer.worker())
                        .put("available", offer.up())
                        .put("capacity", Job.resourcesJson(offer.capacity()))
                        .put("used", Job.resourcesJson(offer.used()))
                        .put("running_jobs", offer.jobs())
                        .put("gpus", offer.gpus()));
            }
            return new JsonObject().put("items", items);
        });
    }
}
