package dev.stationmaster.policies.language;

import java.util.regex.Pattern;

/** Names of container images, by the grammar of the distribution project's {@code reference} package. */
final class ImageNames {
    private static final Pattern DIGEST = Pattern.compile("@sha256:[0-9a-f]{64}$");

    private ImageNames() {}

    /** {@code registry.example.com} of {@code registry.example.com/a/b:1}; {@code docker.io} where the name has no host. */
    static String registry(String image) {
        int slash = image.indexOf('/');
        String first = slash < 0 ? "" : image.substring(0, slash);
        boolean host = first.contains(".") || first.contains(":") || first.equals("localhost");
        return host ? first : "docker.io";
    }

    /** A tag can be moved to another image, a digest can't. */
    static boolean digestPinned(String image) {
        return DIGEST.matcher(image).find();
    }
}
