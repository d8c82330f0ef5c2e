package dev.stationmaster.jobs;

import dev.stationmaster.agents.AgentMessages.AgentSpec;
import dev.stationmaster.jobs.JobsSettings.ImageAgents;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.platform.config.Quantity;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Chooses the runner of a job, and refuses at once what no runner could ever run. Pure. */
final class Placement {
    /**
     * A runner that this server offers.
     *
     * @param largest what one replica can get at most
     */
    record RunnerInfo(String name, Resources capacity, Resources largest, boolean simulated) {
        RunnerInfo(String name, Resources capacity, boolean simulated) {
            this(name, capacity, capacity, simulated);
        }

        static RunnerInfo of(Runner runner) {
            return new RunnerInfo(runner.name(), runner.capacity(), runner.largest(), SIMULATION.equals(runner.name()));
        }
    }

    static final String SIMULATION = "simulation";
    static final String DOCKER = "docker";
    static final String KUBERNETES = "kubernetes";
    private static final String PROCESS = "process";

    private final Supplier<List<RunnerInfo>> runners;
    private final ImageAgents imageAgents;

    Placement(List<RunnerInfo> runners, ImageAgents imageAgents) {
        this(() -> runners, imageAgents);
    }

    /** @param runners as they are now: a cluster grows and shrinks */
    Placement(Supplier<List<RunnerInfo>> runners, ImageAgents imageAgents) {
        this.runners = runners;
        this.imageAgents = imageAgents;
    }

    List<RunnerInfo> runners() {
        return runners.get();
    }

    /**
     * Throws NO_MATCHING_RUNNER with every reason.
     *
     * @param each what one replica needs; all of {@code minReplicas} run on one server
     */
    RunnerInfo choose(AgentSpec agent, Resources each, int minReplicas) {
        Resources needed = each.times(minReplicas);
        var reasons = new ArrayList<FieldError>();
        List<RunnerInfo> offered = runners();
        int mostGpus = offered.stream().mapToInt(r -> r.capacity().gpus()).max().orElse(0);
        if (needed.gpus() > mostGpus) {
            reasons.add(new FieldError(
                    "/resource_requirements/gpu",
                    "asks for " + needed.gpus() + " GPU, "
                            + (mostGpus == 0 ? "no runner has one" : "the largest runner has " + mostGpus)));
        }
        String wanted = wanted(agent);
        RunnerInfo runner = offered.stream()
                .filter(r -> r.name().equals(wanted))
                .findFirst()
                .orElse(null);
        if (runner == null) {
            reasons.add(new FieldError("/agent_id", whyNoRunner(agent, wanted)));
        } else {
            compare(runner.capacity(), "the runner " + runner.name(), needed, reasons);
            if (reasons.isEmpty()) {
                compare(runner.largest(), "the largest machine of the runner " + runner.name(), each, reasons);
            }
        }
        if (runner == null || !reasons.isEmpty()) {
            throw new ApiException(
                    ErrorCode.NO_MATCHING_RUNNER,
                    "No runner can ever run this job: "
                            + String.join(
                                    "; ",
                                    reasons.stream()
                                            .map(FieldError::detail)
                                            .distinct()
                                            .toList()) + ".",
                    reasons);
        }
        return runner;
    }

    private String wanted(AgentSpec agent) {
        if (agent.runner() != null) {
            return agent.runner();
        }
        if (agent.dockerImage() == null) {
            return "";
        }
        if (offered(DOCKER)) {
            return DOCKER;
        }
        if (offered(KUBERNETES)) {
            return KUBERNETES;
        }
        return !agent.command().isEmpty() ? PROCESS : imageAgents == ImageAgents.SIMULATE ? SIMULATION : "";
    }

    private boolean offered(String name) {
        return runners().stream().anyMatch(r -> r.name().equals(name));
    }

    private static String whyNoRunner(AgentSpec agent, String wanted) {
        if (!wanted.isEmpty()) {
            return "the runner " + wanted + " is not enabled on this server";
        }
        return agent.dockerImage() != null
                ? "the agent has a docker_image and no command, and this server has no container runner"
                : "the agent has no command, so there is nothing to run";
    }

    private static void compare(Resources has, String who, Resources needed, List<FieldError> reasons) {
        if (needed.cpuMillis() > has.cpuMillis()) {
            reasons.add(new FieldError(
                    "/resource_requirements/cpu",
                    "asks for " + Quantity.ofMillis(needed.cpuMillis()) + " CPU, " + who + " has "
                            + Quantity.ofMillis(has.cpuMillis())));
        }
        if (needed.memoryBytes() > has.memoryBytes()) {
            reasons.add(new FieldError(
                    "/resource_requirements/memory",
                    "asks for " + Quantity.ofBytes(needed.memoryBytes()) + " memory, " + who + " has "
                            + Quantity.ofBytes(has.memoryBytes())));
        }
        if (needed.gpus() > has.gpus() && reasons.isEmpty()) {
            reasons.add(new FieldError(
                    "/resource_requirements/gpu", "asks for " + needed.gpus() + " GPU, " + who + " has " + has.gpus()));
        }
    }
}
