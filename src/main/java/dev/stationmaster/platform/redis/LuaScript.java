package dev.stationmaster.platform.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** One atomic step, from {@code src/main/resources/redis/NAME.lua}. Immutable. */
public record LuaScript(String name, String source, String sha1) {
    public static LuaScript load(String name) {
        try (InputStream in = LuaScript.class.getResourceAsStream("/redis/" + name + ".lua")) {
            if (in == null) {
                throw new IllegalArgumentException("No script redis/" + name + ".lua");
            }
            byte[] bytes = in.readAllBytes();
            return new LuaScript(
                    name,
                    new String(bytes, StandardCharsets.UTF_8),
                    HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(bytes)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-1", e);
        }
    }
}
