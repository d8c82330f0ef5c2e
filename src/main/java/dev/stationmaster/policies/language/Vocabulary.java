package dev.stationmaster.policies.language;

import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The types that expressions may name, so that a misspelt field is found when a policy is saved. Values are maps: a field
 * that is absent has no key, and reading it is an error and not a zero.
 */
final class Vocabulary implements CelTypeProvider {
    private static final CelType STRINGS = MapType.create(SimpleType.STRING, SimpleType.STRING);
    private static final CelType JSON = MapType.create(SimpleType.STRING, SimpleType.DYN);

    private static final StructType AGENT = struct(
            "stationmaster.Agent",
            Map.of(
                    "id", SimpleType.INT,
                    "name", SimpleType.STRING,
                    "type", SimpleType.STRING,
                    "owner", SimpleType.STRING,
                    "labels", STRINGS,
                    "budget_limit", SimpleType.DOUBLE));
    private static final StructType VERSION = struct(
            "stationmaster.Version",
            Map.ofEntries(
                    Map.entry("name", SimpleType.STRING),
                    Map.entry("docker_image", SimpleType.STRING),
                    Map.entry("command", ListType.create(SimpleType.STRING)),
                    Map.entry("working_dir", SimpleType.STRING),
                    Map.entry("runner", SimpleType.STRING),
                    Map.entry("hyperparameters", JSON),
                    Map.entry("cpu", SimpleType.DOUBLE),
                    Map.entry("memory_bytes", SimpleType.INT),
                    Map.entry("gpus", SimpleType.INT),
                    Map.entry("storage_bytes", SimpleType.INT)));
    private static final StructType JOB = struct(
            "stationmaster.Job",
            Map.ofEntries(
                    Map.entry("name", SimpleType.STRING),
                    Map.entry("priority", SimpleType.INT),
                    Map.entry("labels", STRINGS),
                    Map.entry("runner", SimpleType.STRING),
                    Map.entry("simulated", SimpleType.BOOL),
                    Map.entry("hyperparameters", JSON),
                    Map.entry("training_config", JSON),
                    Map.entry("cpu", SimpleType.DOUBLE),
                    Map.entry("memory_bytes", SimpleType.INT),
                    Map.entry("gpus", SimpleType.INT),
                    Map.entry("storage_bytes", SimpleType.INT),
                    Map.entry("timeout_seconds", SimpleType.INT),
                    Map.entry("max_attempts", SimpleType.INT),
                    Map.entry("estimated_max_cost", SimpleType.DOUBLE)));
    private static final StructType OWNER = struct(
            "stationmaster.Owner",
            Map.of("id", SimpleType.STRING, "username", SimpleType.STRING, "role", SimpleType.STRING));

    private static final ImmutableSet<CelType> TYPES = ImmutableSet.of(AGENT, VERSION, JOB, OWNER);

    private static StructType struct(String name, Map<String, CelType> types) {
        ImmutableMap<String, CelType> fields = ImmutableMap.copyOf(types);
        return StructType.create(name, fields.keySet(), field -> Optional.ofNullable(fields.get(field)));
    }

    static Map<String, CelType> variables(Target target) {
        var all = new LinkedHashMap<String, CelType>();
        all.put("agent", AGENT);
        all.put("version", VERSION);
        all.put("owner", OWNER);
        all.put("now", SimpleType.TIMESTAMP);
        if (target == Target.JOB) {
            all.put("job", JOB);
        }
        return all;
    }

    @Override
    public ImmutableCollection<CelType> types() {
        return TYPES;
    }

    @Override
    public Optional<CelType> findType(String name) {
        return TYPES.stream().filter(type -> type.name().equals(name)).findFirst();
    }
}
