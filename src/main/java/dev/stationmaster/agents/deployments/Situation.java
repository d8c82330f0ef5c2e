package dev.stationmaster.agents.deployments;

import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that a decision about a deployment looks at.
 *
 * @param fallback the newest revision with another content whose replicas were all healthy once
 * @param specs by template, of all replicas
 */
record Situation(
        Deployment deployment,
        Revision target,
        @Nullable Revision fallback,
        Map<Integer, DeploymentSpec> specs,
        List<Replica> replicas,
        OffsetDateTime now) {
    Situation {
        specs = Map.copyOf(specs);
        replicas = List.copyOf(replicas);
    }

    DeploymentSpec specOf(Replica r) {
        return specs.getOrDefault(r.template(), target.spec());
    }
}
