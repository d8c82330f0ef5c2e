package dev.stationmaster.jobs.runner;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** Finds programs as a shell would, so that a missing one is told before anything is started. Blocks. */
final class ProgramPath {
    private ProgramPath() {}

    /** An absolute path; names with a slash are relative to {@code workingDir}, others are looked up in {@code path}. */
    static Path resolve(String program, Path workingDir, String path) {
        if (program.isEmpty()) {
            throw new LaunchException("The command is empty.");
        }
        try {
            if (program.contains("/")) {
                return checked(program, workingDir.resolve(program));
            }
        } catch (InvalidPathException e) {
            throw new LaunchException("The command '" + program + "' is not a valid path: " + e.getReason());
        }
        return find(program, path)
                .orElseThrow(() -> new LaunchException("The command '" + program + "' was not found in PATH (" + path
                        + "). Give its full path, or install it on this runner."));
    }

    static Optional<Path> find(String program, String path) {
        for (String folder : path.split(File.pathSeparator, -1)) {
            try {
                Path candidate = Path.of(folder, program);
                if (candidate.isAbsolute() && Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
                    return Optional.of(candidate);
                }
            } catch (InvalidPathException ignored) {
                // An odd entry of PATH, or an odd name: it is not there.
            }
        }
        return Optional.empty();
    }

    private static Path checked(String program, Path file) {
        if (!Files.exists(file)) {
            throw new LaunchException("The command '" + program + "' does not exist (looked for " + file + ").");
        }
        if (!Files.isRegularFile(file)) {
            throw new LaunchException("The command '" + program + "' is not a file (" + file + ").");
        }
        if (!Files.isExecutable(file)) {
            throw new LaunchException("The command '" + program + "' is not executable. Run: chmod +x " + file);
        }
        return file;
    }
}
