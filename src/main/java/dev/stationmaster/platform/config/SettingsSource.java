package dev.stationmaster.platform.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Merges {@code conf/stationmaster.yaml} (which names every setting), the operator's file and the environment into flat
 * keys such as {@code server.port}. The defaults file decides which keys exist.
 */
public final class SettingsSource {
    private static final String PREFIX = "STATIONMASTER_";

    /** Names that people already know, beside the general {@code STATIONMASTER_SERVER_PORT} form. */
    private static final Map<String, String> ENVIRONMENT_NAMES = Map.ofEntries(
            Map.entry("STATIONMASTER_PORT", "server.port"),
            Map.entry("STATIONMASTER_DATA", "data_dir"),
            Map.entry("STATIONMASTER_ADMIN_PASSWORD", "accounts.admin_password"),
            Map.entry("STATIONMASTER_JWT_SECRET", "security.jwt_secret"),
            Map.entry("STATIONMASTER_ENCRYPTION_KEY", "security.encryption_key"),
            Map.entry("DATABASE_URL", "database.url"),
            Map.entry("REDIS_URL", "redis.url"),
            Map.entry("ENVIRONMENT", "environment"),
            Map.entry("DOCKER_HOST", "runners.docker_host"),
            Map.entry("DOCKER_CERT_PATH", "runners.docker_cert_path"),
            Map.entry("K8S_NAMESPACE", "runners.kubernetes_namespace"),
            Map.entry("K8S_MAX_CONCURRENT_JOBS", "runners.kubernetes_max_jobs"),
            Map.entry("MONITORING_PROMETHEUS_PORT", "server.metrics_port"),
            Map.entry("RESOURCE_MAX_CPU_PER_JOB", "jobs.max_cpu_per_job"));

    /** Set by the server for its own jobs; a server started inside a job must not trip over them. */
    private static final List<String> JOB_CONTRACT = List.of(
            "STATIONMASTER_JOB_ID",
            "STATIONMASTER_ATTEMPT",
            "STATIONMASTER_SPEC",
            "STATIONMASTER_CHECKPOINT_DIR",
            "STATIONMASTER_ARTIFACT_DIR",
            "STATIONMASTER_PREEMPT_FILE",
            "STATIONMASTER_REPLICA",
            "STATIONMASTER_REPLICAS",
            "STATIONMASTER_URL",
            "STATIONMASTER_TOKEN");

    private final Map<String, String> values = new TreeMap<>();
    private final Problems problems;

    private SettingsSource(Problems problems) {
        this.problems = problems;
    }

    /**
     * Reads all three layers; {@code overrides} are the command line's and win over everything.
     *
     * @param file the operator's file, or null
     */
    public static SettingsReader read(
            @Nullable Path file, Map<String, String> environment, Map<String, String> overrides) {
        var problems = new Problems();
        var source = new SettingsSource(problems);
        source.values.putAll(defaults());
        if (file != null) {
            source.mergeFile(file);
        }
        source.mergeEnvironment(environment);
        overrides.forEach((key, value) -> source.put(key, value, "command line"));
        return new SettingsReader(source.values, problems);
    }

    static Map<String, String> defaults() {
        try (InputStream in = Objects.requireNonNull(
                SettingsSource.class.getResourceAsStream("/conf/stationmaster.yaml"),
                "conf/stationmaster.yaml is missing in the class path")) {
            var flat = new TreeMap<String, String>();
            flatten("", new YAMLMapper().readTree(in), flat);
            return flat;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void mergeFile(Path file) {
        var flat = new TreeMap<String, String>();
        try (InputStream in = Files.newInputStream(file)) {
            JsonNode tree = new YAMLMapper().readTree(in);
            if (!tree.isObject() && !tree.isMissingNode() && !tree.isNull()) {
                problems.add("--config " + file, "holds no settings, which are lines such as \"server:\"");
            }
            flatten("", tree, flat);
        } catch (IOException e) {
            problems.add("--config " + file, "can't be read: " + e.getMessage());
        }
        flat.forEach((key, value) -> put(key, value, file.toString()));
    }

    private void mergeEnvironment(Map<String, String> environment) {
        var general = new TreeMap<String, String>();
        values.keySet().forEach(key -> general.put(environmentName(key), key));
        environment.forEach((name, value) -> {
            String key = ENVIRONMENT_NAMES.getOrDefault(name, general.get(name));
            if (key != null) {
                values.put(key, value);
            } else if (name.startsWith(PREFIX) && !JOB_CONTRACT.contains(name)) {
                problems.add(name, "no such setting (environment)");
            }
        });
    }

    static String environmentName(String key) {
        return PREFIX + key.replace('.', '_').toUpperCase(Locale.ROOT);
    }

    private void put(String key, String value, String where) {
        if (values.containsKey(key)) {
            values.put(key, value);
        } else {
            problems.add(key, "no such setting (" + where + ")");
        }
    }

    private static void flatten(String prefix, JsonNode node, Map<String, String> into) {
        if (node.isObject()) {
            node.properties()
                    .forEach(e ->
                            flatten(prefix.isEmpty() ? e.getKey() : prefix + "." + e.getKey(), e.getValue(), into));
        } else if (node.isArray()) {
            var parts = new ArrayList<String>();
            node.forEach(n -> parts.add(n.asText()));
            into.put(prefix, String.join(",", parts));
        } else if (!node.isMissingNode() && !prefix.isEmpty()) {
            into.put(prefix, node.isNull() ? "" : node.asText());
        }
    }
}
