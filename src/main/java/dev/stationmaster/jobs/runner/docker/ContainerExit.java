package dev.stationmaster.jobs.runner.docker;

import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import dev.stationmaster.jobs.runner.Exit;
import dev.stationmaster.jobs.runner.ExitText;

/** How a container ended that nobody asked to end. */
final class ContainerExit {
    private ContainerExit() {}

    /**
     * Some engines (Podman on cgroups v1) do not tell when the kernel killed a program for its memory; its exit code then
     * says 137 and nothing more can be known.
     */
    static Exit of(ContainerState state, long memoryLimitBytes) {
        Long code = state.getExitCodeLong();
        Integer number = code == null ? null : Integer.valueOf(code.intValue());
        if (Boolean.TRUE.equals(state.getOOMKilled())) {
            return new Exit(
                    Exit.Cause.OUT_OF_MEMORY,
                    number,
                    "used more memory than its limit of " + (memoryLimitBytes >> 20) + " MiB");
        }
        return number == null
                ? new Exit(Exit.Cause.RUNNER_ERROR, null, "the engine does not say how it ended")
                : new Exit(Exit.Cause.EXITED, number, ExitText.of(number));
    }
}
