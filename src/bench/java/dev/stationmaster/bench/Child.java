package dev.stationmaster.bench;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process of the benchmark. Closing it sends SIGTERM, and SIGKILL later. */
final class Child implements AutoCloseable {
    private final Process process;

    private Child(Process process) {
        this.process = process;
    }

    /** Starts a program; its error stream goes to {@code log}, its output too unless it is read. */
    static Child start(List<String> command, Map<String, String> environment, Path log) throws IOException {
        return new Child(builder(command, environment, log)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start());
    }

    /** Starts a program and waits for its line {@code READY}. */
    static Child ready(List<String> command, Map<String, String> environment, Path log) throws IOException {
        Child child = new Child(builder(command, environment, log).start());
        String first = child.output().readLine();
        if (!"READY".equals(first)) {
            child.close();
            throw new IOException("Not ready, see " + log + ": " + command);
        }
        return child;
    }

    /** Runs a program to its end; returns its output. */
    static List<String> run(List<String> command, Map<String, String> environment, Path log) throws IOException {
        try (Child child = new Child(builder(command, environment, log).start());
                BufferedReader out = child.output()) {
            return out.lines().toList();
        }
    }

    private static ProcessBuilder builder(List<String> command, Map<String, String> environment, Path log) {
        var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().keySet().removeIf(k -> k.startsWith("STATIONMASTER_") || k.equals("JAVA_TOOL_OPTIONS"));
        builder.environment().putAll(environment);
        return builder;
    }

    static List<String> java(List<String> flags, Class<?> main, String... args) {
        var command = new ArrayList<String>();
        command.add(javaProgram());
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(args));
        return command;
    }

    static String javaProgram() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** Whether a program is on the path, or where its path says. */
    static boolean installed(String program) {
        if (program.contains(File.separator)) {
            return Path.of(program).toFile().canExecute();
        }
        for (String folder : System.getenv("PATH").split(File.pathSeparator)) {
            if (Path.of(folder, program).toFile().canExecute()) {
                return true;
            }
        }
        return false;
    }

    private BufferedReader output() {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        List<ProcessHandle> kids = process.descendants().toList();
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        kids.forEach(ProcessHandle::destroy);
    }
}
