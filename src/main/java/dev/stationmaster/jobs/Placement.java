package dev.stationmaster.jobs;

import dev.stationmaster.agents.AgentMessages.AgentSpec;
import dev.stationmaster.jobs.JobsSettings.ImageAgents;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.jobs.workers.RemoteWorker;
import dev.stationmaster.platform.config.Quantity;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.ErrorCode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Chooses the runner of a job, and refuses at once what no runner could ever run. Pure. */
final class Placement {
    /**
     * A runner of some machine, or of many.
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
    /** Asks for whatever runner fits. */
    static final String ANY = "any";

    static final String DOCKER = "docker";
    private static final String PROCESS = "process";

    private static final List<String> CONTAINERS = List.of(DOCKER, "kubernetes", RemoteWorker.RUNNER);
    private static final List<String> PROGRAMS = List.of(PROCESS, RemoteWorker.RUNNER);

    private final List<RunnerInfo> runners;
    private final ImageAgents imageAgents;

    /** @param runners each of each machine; of one name there may be several */
    Placement(List<RunnerInfo> runners, ImageAgents imageAgents) {
        this.runners = List.copyOf(runners);
        this.imageAgents = imageAgents;
    }

    /**
     * Throws NO_MATCHING_RUNNER with every reason.
     *
     * @param each what one replica needs; all of {@code minReplicas} run on one server
     */
    RunnerInfo choose(AgentSpec agent, Resources each, int minReplicas) {
        Resources needed = each.times(minReplicas);
        var reasons = new ArrayList<FieldError>();
        int mostGpus = runners.stream().mapToInt(r -> r.capacity().gpus()).max().orElse(0);
        if (needed.gpus() > mostGpus) {
            reasons.add(new FieldError(
                    "/resource_requirements/gpu",
                    "asks for " + needed.gpus() + " GPU, "
                            + (mostGpus == 0 ? "no runner has one" : "the largest runner has " + mostGpus)));
        }
        String wanted = wanted(agent, needed);
        RunnerInfo runner = largest(wanted, needed);
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

    /** Of this name: one that can hold it, else the one with most; null: nobody offers it. */
    private @Nullable RunnerInfo largest(String name, Resources needed) {
        return runners.stream()
                .filter(r -> r.name().equals(name))
                .max(Comparator.comparing((RunnerInfo r) -> needed.fitsIn(r.capacity()))
                        .thenComparing(r -> r.capacity().gpus())
                        .thenComparing(r -> r.capacity().cpuMillis()))
                .orElse(null);
    }

    /** The first that can hold it, else the first that is there at all. */
    private Optional<String> byFit(List<String> names, Resources needed) {
        return names.stream()
                .filter(name -> runners.stream().anyMatch(r -> r.name().equals(name) && needed.fitsIn(r.capacity())))
                .findFirst()
                .or(() -> names.stream().filter(this::offered).findFirst());
    }

    private String wanted(AgentSpec agent, Resources needed) {
        if (agent.runner() != null && !ANY.equals(agent.runner())) {
            return agent.runner();
        }
        if (agent.dockerImage() == null) {
            return agent.command().isEmpty() ? "" : byFit(PROGRAMS, needed).orElse(PROCESS);
        }
        Optional<String> container = byFit(CONTAINERS, needed);
        if (container.isPresent()) {
            return container.get();
        }
        return !agent.command().isEmpty() ? PROCESS : imageAgents == ImageAgents.SIMULATE ? SIMULATION : "";
    }

    private boolean offered(String name) {
        return runners.stream().anyMatch(r -> r.name().equals(name));
    }

    private static String whyNoRunner(AgentSpec agent, String wanted) {
        if (!wanted.isEmpty()) {
            return RemoteWorker.RUNNER.equals(wanted)
                    ? "no remote worker has registered; start one with `stationmaster worker`"
                    : "the runner " + wanted + " is not enabled on any server";
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
