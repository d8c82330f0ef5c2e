package dev.stationmaster.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the strict Content-Security-Policy and the missing build step ask of the dashboard's files. */
class WebrootTest {
    private static final Path ROOT = Path.of("webroot");
    private static final Pattern IMPORT = Pattern.compile("(?:\\bfrom|\\bimport)\\s*\\(?\\s*[\"']([^\"']+)[\"']");
    private static final Pattern LINK = Pattern.compile("(?:src|href)=\"([^\"#$]+)\"");

    @Test
    @DisplayName("every import is a relative path to a file that is there")
    void importsResolve() throws IOException {
        for (Path file : files(".js")) {
            for (String target : matches(IMPORT, file)) {
                assertThat(target).as("import in %s", file).startsWith(".");
                assertThat(file.resolveSibling(target)).as("import in %s", file).isRegularFile();
            }
        }
    }

    @Test
    @DisplayName("index.html has no script, style or handler of its own and links to files that are there")
    void indexIsPlain() throws IOException {
        String page = Files.readString(ROOT.resolve("index.html"));
        assertThat(page)
                .doesNotContainPattern("<script(?![^>]*\\bsrc=)")
                .doesNotContain("<style")
                .doesNotContainPattern("\\son[a-z]+=");
        for (String target : matches(LINK, ROOT.resolve("index.html"))) {
            assertThat(ROOT.resolve(target)).isRegularFile();
        }
    }

    @Test
    @DisplayName("our own files name no other host, and every library comes with its licence")
    void nothingFromElsewhere() throws IOException {
        for (Path file : files(".js", ".css", ".html")) {
            if (!file.startsWith(ROOT.resolve("vendor"))) {
                assertThat(Files.readString(file)).as(file.toString()).doesNotContainPattern("https?://[a-z]");
            }
        }
        try (Stream<Path> libraries = Files.list(ROOT.resolve("vendor"))) {
            assertThat(libraries.filter(Files::isDirectory))
                    .allSatisfy(
                            library -> assertThat(library.resolve("LICENSE")).isRegularFile());
        }
    }

    private static List<Path> files(String... endings) throws IOException {
        try (Stream<Path> all = Files.walk(ROOT)) {
            return all.filter(file -> Stream.of(endings).anyMatch(file.toString()::endsWith))
                    .toList();
        }
    }

    /** Without comments: they may show how an import would look. */
    private static List<String> matches(Pattern pattern, Path file) throws IOException {
        if (file.startsWith(ROOT.resolve("vendor").resolve("echarts-6.1.0"))) {
            return List.of(); // one file that imports nothing
        }
        String text = Files.readString(file).replaceAll("(?m)^\\s*(//|\\*|/\\*).*$", "");
        return pattern.matcher(text).results().map(match -> match.group(1)).toList();
    }
}
