package dev.stationmaster.agents.deployments;

import dev.stationmaster.jobs.JobMessages.CancelJob;
import dev.stationmaster.jobs.ServiceMessages.FindRecentValues;
import dev.stationmaster.jobs.ServiceMessages.FindServices;
import dev.stationmaster.jobs.ServiceMessages.ServiceFacts;
import dev.stationmaster.jobs.ServiceMessages.SubmitServiceJob;
import dev.stationmaster.platform.bus.Bus;
import io.vertx.core.Future;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The jobs of replicas, asked for over the bus. */
final class Services {
    private final Bus bus;

    Services(Bus bus) {
        this.bus = bus;
    }

    /** By job: those of the replicas, and whatever else of the agent runs as a service. */
    Future<Map<UUID, ServiceFacts>> of(long agentId, List<Replica> replicas) {
        return bus.request(new FindServices(
                        agentId,
                        replicas.stream()
                                .map(Replica::jobId)
                                .filter(id -> id != null)
                                .toList()))
                .map(found -> {
                    var jobs = new LinkedHashMap<UUID, ServiceFacts>();
                    found.services().forEach(job -> jobs.put(job.id(), job));
                    return jobs;
                });
    }

    /** The key makes it the same job however often it is asked for. */
    Future<UUID> submit(Deployment d, Revision template, Replica r) {
        DeploymentSpec spec = template.spec();
        var resources = spec.json().getJsonObject("resource_requirements");
        return bus.request(new SubmitServiceJob(
                        d.ownerId(),
                        d.agentId(),
                        template.agentVersion(),
                        "replica " + r.id().toString().substring(24) + " of agent " + d.agentId(),
                        resources == null ? null : resources.encode(),
                        spec.priority(),
                        spec.queue(),
                        spec.service().encode(),
                        Map.of(
                                "deployment_revision",
                                Integer.toString(template.revision()),
                                "replica",
                                r.id().toString()),
                        "deployment/" + r.id() + "/" + r.incarnation()))
                .map(submitted -> submitted.jobId());
    }

    Future<?> cancel(long agentId, UUID job) {
        return bus.request(new CancelJob(job, actor(agentId)));
    }

    /** The name in the audit log. */
    static String actor(long agentId) {
        return "deployment:" + agentId;
    }

    Future<Map<UUID, Double>> values(List<UUID> jobs, String metric, OffsetDateTime since) {
        return bus.request(new FindRecentValues(jobs, metric, since)).map(found -> found.values());
    }
}
