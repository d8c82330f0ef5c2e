package dev.stationmaster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Finds secrets written into a settings file. */
final class PlainSecrets {
    private static final List<String> KEYS =
            List.of("accounts.admin_password", "security.jwt_secret", "security.encryption_key", "worker.token");

    private PlainSecrets() {}

    static List<String> find(Path file) {
        try (var in = Files.newInputStream(file)) {
            JsonNode tree = new YAMLMapper().readTree(in);
            return KEYS.stream()
                    .filter(key ->
                            !tree.at("/" + key.replace('.', '/')).asText("").isBlank())
                    .toList();
        } catch (IOException e) {
            return List.of(); // reading the settings reported it
        }
    }
}
