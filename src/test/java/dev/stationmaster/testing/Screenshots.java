package dev.stationmaster.testing;

import java.nio.file.Path;

/** Makes the README's pictures from a running demo. Arguments: address, admin's password, job id, folder. */
public final class Screenshots {
    private Screenshots() {}

    public static void main(String[] args) {
        Path folder = Path.of(args[3]);
        try (Browser browser = Browser.open(args[0])) {
            browser.size(1280, 860);
            browser.scheme("light");
            browser.signIn("admin", args[1]);
            browser.go("#/jobs/" + args[2]);
            browser.seeText("main", "test_accuracy");
            browser.see("canvas");
            browser.seeText("main", "succeeded");
            var unused = browser.screenshot(folder.resolve("job.png"));
            browser.scheme("dark");
            browser.go("#/");
            browser.seeText("main", "Spend");
            unused = browser.screenshot(folder.resolve("overview.png"));
            browser.go("#/agents");
            browser.seeText("main", "digits");
            unused = browser.screenshot(folder.resolve("agents.png"));
        }
    }
}
