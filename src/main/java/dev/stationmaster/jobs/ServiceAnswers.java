package dev.stationmaster.jobs;

import dev.stationmaster.jobs.ServiceMessages.SubmitServiceJob;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.UUID;

/** What other features may ask of services over the bus. */
final class ServiceAnswers {
    private static final int MAX_IDS = 500;

    private ServiceAnswers() {}

    static void register(Bus bus, ServiceStore services) {
        bus.answer(ServiceMessages.FindServices.class, q -> services.find(q.agentId(), bounded(q.jobIds()))
                .map(ServiceMessages.ServicesFound::new));
        bus.answer(ServiceMessages.FindServiceCost.class, q -> services.cost(q.agentId())
                .map(ServiceMessages.ServiceCost::new));
        bus.answer(
                ServiceMessages.FindRecentValues.class, q -> services.recent(bounded(q.jobIds()), q.metric(), q.since())
                        .map(ServiceMessages.RecentValues::new));
        bus.answer(ServiceMessages.FindQueueLength.class, q -> services.waiting(q.queue())
                .map(ServiceMessages.QueueLength::new));
    }

    private static List<UUID> bounded(List<UUID> ids) {
        if (ids.size() > MAX_IDS) {
            throw new ApiException(ErrorCode.BAD_REQUEST, "At most " + MAX_IDS + " services at once.");
        }
        return ids;
    }

    /** As the body of a submission. */
    static JsonObject body(SubmitServiceJob s) {
        var labels = new JsonObject();
        s.labels().forEach(labels::put);
        var body = new JsonObject()
                .put("agent_id", s.agentId())
                .put("agent_version", s.agentVersion())
                .put("name", s.name())
                .put("priority", s.priority())
                .put("queue", s.queue())
                .put("max_attempts", 1)
                .put("labels", labels)
                .put("service", new JsonObject(s.serviceJson()));
        String resources = s.resourcesJson();
        return resources == null ? body : body.put("resource_requirements", new JsonObject(resources));
    }
}
