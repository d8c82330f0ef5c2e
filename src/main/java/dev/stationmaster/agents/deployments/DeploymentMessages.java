package dev.stationmaster.agents.deployments;

import dev.stationmaster.platform.bus.BusMessage;
import dev.stationmaster.platform.bus.Request;

/** What deployments say to others. */
public interface DeploymentMessages {
    /** A deployment or one of its replicas changed; read it over REST. */
    record DeploymentChanged(long agentId) implements BusMessage {}

    /** What a watcher begins with. */
    record FindDeployment(long agentId) implements Request<DeploymentFound> {}

    /** @param json {@code {"deployment": …}} as in the API; null in it: the agent has none */
    record DeploymentFound(String json) implements BusMessage {}
}
