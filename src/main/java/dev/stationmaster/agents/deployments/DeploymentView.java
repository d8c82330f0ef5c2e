package dev.stationmaster.agents.deployments;

import dev.stationmaster.costs.CostMessages.FindHourlyCost;
import dev.stationmaster.jobs.ServiceMessages.FindServiceCost;
import dev.stationmaster.jobs.ServiceMessages.ServiceFacts;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.web.Money;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A deployment with its replicas, their jobs, and what they cost, as in the API. */
final class DeploymentView {
    private final DeploymentStore store;
    private final ScalingStore scaling;
    private final Services services;
    private final Bus bus;

    DeploymentView(DeploymentStore store, ScalingStore scaling, Services services, Bus bus) {
        this.store = store;
        this.scaling = scaling;
        this.services = services;
        this.bus = bus;
    }

    Future<JsonObject> of(Deployment d) {
        var target = store.revision(d.agentId(), d.revision());
        var replicas = store.replicas(d.agentId());
        var cost = bus.request(new FindServiceCost(d.agentId()));
        var policy = scaling.find(d.agentId());
        return Future.all(target, replicas, cost, policy).compose(read -> services.of(d.agentId(), replicas.result())
                .compose(jobs -> hourly(jobs).map(perHour -> json(
                                d,
                                target.result().orElseThrow(),
                                replicas.result(),
                                jobs,
                                cost.result().nanos(),
                                perHour)
                        .put(
                                "scaling",
                                policy.result().map(ScalingPolicy::toJson).orElse(null)))));
    }

    /** What the programs that run now cost in an hour; simulated ones nothing. */
    private Future<Long> hourly(Map<UUID, ServiceFacts> jobs) {
        long cpu = 0;
        long memory = 0;
        int gpus = 0;
        for (ServiceFacts job : jobs.values()) {
            if (job.running() && !job.simulated()) {
                cpu += job.cpuMillis();
                memory += job.memoryLimitBytes();
                gpus += job.gpus();
            }
        }
        return bus.request(new FindHourlyCost(cpu, memory, gpus)).map(found -> found.nanos());
    }

    private static JsonObject json(
            Deployment d,
            Revision target,
            List<Replica> replicas,
            Map<UUID, ServiceFacts> jobs,
            long nanos,
            long nanosPerHour) {
        var instances = new JsonArray();
        replicas.forEach(r -> instances.add(replica(r, r.jobId() == null ? null : jobs.get(r.jobId()))));
        long updated = replicas.stream()
                .filter(r -> r.template() == target.template() && r.state() != ReplicaState.DRAINING)
                .count();
        return new JsonObject()
                .put("agent_id", d.agentId())
                .put("owner", d.owner())
                .put("state", d.state().wireName())
                .put("revision", d.revision())
                .put("version", target.agentVersion())
                .put("replicas", d.replicas())
                .put(
                        "healthy_replicas",
                        replicas.stream().filter(Rollout::healthy).count())
                .put("updated_replicas", updated)
                .put("restarts", d.restarts())
                .put("rollout", target.state().wireName())
                .put("reason", target.reason())
                .put("message", target.message())
                .mergeIn(target.spec().json())
                .put("cost", Money.dollars(nanos))
                .put("cost_per_hour", Money.dollars(nanosPerHour))
                .put("instances", instances)
                .put("created_at", Times.iso(d.createdAt()))
                .put("updated_at", Times.iso(d.updatedAt()));
    }

    private static JsonObject replica(Replica r, @Nullable ServiceFacts job) {
        UUID id = r.jobId();
        var json = new JsonObject()
                .put("id", r.id().toString())
                .put("revision", r.template())
                .put("state", r.state().wireName())
                .put("message", r.message())
                .put("restarts", r.restarts())
                .put("failures", r.failures())
                .put("starts_at", r.state().waits() && id == null ? Times.iso(r.startAt()) : null)
                .put("healthy_since", Times.iso(r.healthySince()))
                .put("created_at", Times.iso(r.createdAt()))
                .put("job_id", id == null ? null : id.toString());
        ServiceFacts now = job != null && job.running() ? job : null;
        return json.put("job_state", job == null ? null : job.state())
                .put("healthy", now == null ? null : now.healthy())
                .put("health_message", now == null ? null : now.healthMessage())
                .put("address", now == null ? null : now.address())
                .put("runner", job == null ? null : job.runner())
                .put("worker", now == null ? null : now.worker())
                .put("cost", Money.dollars(job == null ? null : Long.valueOf(job.costNanos())))
                .put("cpu_cores", now == null ? null : now.cpuCores())
                .put("memory_bytes", now == null ? null : now.memoryBytes());
    }
}
