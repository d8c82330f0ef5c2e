package dev.stationmaster.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.logging.Level;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.ElementClickInterceptedException;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * A real Chromium without a window. Browser and driver are the ones installed on the PATH; nothing is downloaded. Not
 * thread-safe.
 */
public final class Browser implements AutoCloseable {
    private static final List<String> BROWSERS = List.of("chromium", "chromium-browser", "google-chrome");
    private static final List<String> FLAGS = List.of(
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync");
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration POLL = Duration.ofMillis(50);

    private final ChromeDriver driver;
    private final String base;

    private Browser(ChromeDriver driver, String base) {
        this.driver = driver;
        this.base = base;
    }

    /** Skips the test, and says why, on a machine without Chromium and its driver. */
    public static void assumeAvailable() {
        Assumptions.assumeTrue(
                find(BROWSERS).isPresent() && find(List.of("chromedriver")).isPresent(),
                "skipped: the dashboard's tests need chromium and chromedriver on the PATH");
    }

    /** base: where the server is, such as {@code http://localhost:8000}. */
    public static Browser open(String base) {
        assumeAvailable();
        ChromeOptions options = new ChromeOptions();
        options.setBinary(find(BROWSERS).orElseThrow());
        options.addArguments(FLAGS);
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        // A named driver: Selenium then does not look for one on the network.
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(find(List.of("chromedriver")).orElseThrow())
                .usingAnyFreePort()
                .build();
        Browser browser = new Browser(new ChromeDriver(service, options), base);
        browser.size(1280, 900);
        return browser;
    }

    private static Optional<File> find(List<String> names) {
        String[] folders = System.getenv().getOrDefault("PATH", "").split(Pattern.quote(File.pathSeparator), -1);
        return names.stream()
                .flatMap(name -> Stream.of(folders).filter(f -> !f.isEmpty()).map(f -> new File(f, name)))
                .filter(File::canExecute)
                .findFirst();
    }

    public ChromeDriver driver() {
        return driver;
    }

    /** Opens a dashboard address such as {@code #/jobs}; within the dashboard the page is not loaded anew. */
    public void go(String address) {
        driver.get(base + "/" + address);
    }

    /** From an empty session; waits for the navigation. */
    public void signIn(String username, String password) {
        go("");
        type("[name=username]", username);
        type("[name=password]", password);
        click(".sign-in button");
        see("header.shell");
    }

    /** Exactly this inner size; a window cannot be as narrow as a telephone. */
    public void size(int width, int height) {
        var metrics = Map.<String, Object>of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false);
        driver.executeCdpCommand("Emulation.setDeviceMetricsOverride", metrics);
    }

    /** light or dark, as the system would say. */
    public void scheme(String scheme) {
        var feature = Map.of("name", "prefers-color-scheme", "value", scheme);
        driver.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features", List.of(feature)));
    }

    /** Waits until an element that fits the CSS selector is in sight. */
    public WebElement see(String css) {
        return await(css, element -> true);
    }

    /** Waits until one of the elements in sight holds this text. */
    public WebElement seeText(String css, String text) {
        return await(css, element -> element.getText().contains(text));
    }

    public void click(String css) {
        click(css, element -> true);
    }

    public void clickText(String css, String text) {
        click(css, element -> element.getText().contains(text));
    }

    /** In the middle of the window, not under its header; again where the page was drawn anew meanwhile. */
    private void click(String css, Predicate<WebElement> fits) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                WebElement element = await(css, fits);
                driver.executeScript("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element);
                element.click();
                return;
            } catch (StaleElementReferenceException | ElementClickInterceptedException moved) {
                if (System.nanoTime() > end) {
                    throw moved;
                }
                LockSupport.parkNanos(POLL.toNanos());
            }
        }
    }

    public void type(String css, String text) {
        WebElement element = see(css);
        element.clear();
        element.sendKeys(text);
    }

    public String text(String css) {
        return see(css).getText();
    }

    private WebElement await(String css, Predicate<WebElement> fits) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            Optional<WebElement> found = inSight(css, fits);
            if (found.isPresent()) {
                return found.get();
            }
            // Another process draws the page: there is nothing here to be notified by.
            LockSupport.parkNanos(POLL.toNanos());
        }
        throw new AssertionError(css + " did not come; the page says: "
                + driver.findElement(By.tagName("body")).getText());
    }

    private Optional<WebElement> inSight(String css, Predicate<WebElement> fits) {
        try {
            return driver.findElements(By.cssSelector(css)).stream()
                    .filter(WebElement::isDisplayed)
                    .filter(fits)
                    .findFirst();
        } catch (StaleElementReferenceException e) {
            return Optional.empty(); // drawn anew in between
        }
    }

    /** Errors and policy violations on the console since the last call. */
    public List<String> consoleErrors() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.SEVERE.intValue())
                .map(LogEntry::getMessage)
                .toList();
    }

    public void assertNoConsoleErrors() {
        assertThat(consoleErrors()).isEmpty();
    }

    /** The page is not wider than the window. */
    public void assertNoSidewaysScroll() {
        assertThat(driver.executeScript(
                        "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
                .isEqualTo(true);
    }

    public Path screenshot(Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            return Files.write(file, driver.getScreenshotAs(OutputType.BYTES));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        driver.quit();
    }
}
