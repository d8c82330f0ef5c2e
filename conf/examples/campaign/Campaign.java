import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.Properties;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * SIMULATED: shares a daily budget between advertising campaigns that exist only in this program.
 *
 * <p>Each campaign sells clicks at one dollar and has a conversion rate that the policy does not know. Thompson sampling
 * keeps a Beta(1 + sales, 1 + clicks without a sale) belief for each campaign; every day it draws from all beliefs many
 * times and gives each campaign the share of the budget that is its share of the draws in which it was the best. The
 * policy {@code even} gives all the same and is the baseline. No money moves anywhere.
 *
 * <p>All randomness comes from the seed and the day's number, so a resumed run ends as an uninterrupted one does.
 */
public final class Campaign {
    private static volatile boolean stopping;
    private static final CountDownLatch DONE = new CountDownLatch(1);

    public static void main(String[] args) throws Exception {
        Runtime.getRuntime().addShutdownHook(new Thread(Campaign::awaitCheckpoint));
        try {
            new Campaign(Settings.read()).run();
        } catch (IllegalArgumentException e) {
            System.err.println("Cannot simulate: " + e.getMessage());
            DONE.countDown();
            System.exit(2);
        } finally {
            DONE.countDown();
        }
    }

    /** On SIGTERM the day under way ends and is saved, then the machine exits with 143. */
    private static void awaitCheckpoint() {
        stopping = true;
        try {
            DONE.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final Settings settings;
    private final double[] rates;
    private final long[] clicks;
    private final long[] sales;
    private int best;
    private double reward;
    private double regret;

    private Campaign(Settings settings) {
        this.settings = settings;
        rates = new double[settings.campaigns];
        clicks = new long[settings.campaigns];
        sales = new long[settings.campaigns];
        SplittableRandom random = new SplittableRandom(settings.seed);
        for (int i = 0; i < rates.length; i++) {
            rates[i] = 0.02 + 0.04 * random.nextDouble();
            best = rates[i] > rates[best] ? i : best;
        }
    }

    private void run() throws IOException {
        int done = restore();
        System.out.printf(
                Locale.ROOT, "SIMULATED: %d campaigns, policy %s, %d dollars a day%n",
                settings.campaigns, settings.policy, settings.dailyBudget);
        System.out.println(done == 0 ? "Starting at day 1" : "Resuming after day " + done);
        for (int day = done + 1; day <= settings.days && !stopping; day++) {
            SplittableRandom random = new SplittableRandom(settings.seed * 1_000_003L + day);
            double[] shares = settings.policy.equals("even") ? evenShares() : thompsonShares(random);
            double before = reward;
            spend(shares, random);
            report(day, shares, reward - before);
            save(day);
        }
        if (stopping) {
            System.out.println("Asked to stop; the last whole day is saved");
            return;
        }
        finish();
    }

    private double[] evenShares() {
        double[] shares = new double[rates.length];
        Arrays.fill(shares, 1.0 / rates.length);
        return shares;
    }

    /** The share of draws that each campaign wins. */
    private double[] thompsonShares(SplittableRandom random) {
        double[] shares = new double[rates.length];
        for (int draw = 0; draw < settings.draws; draw++) {
            int winner = 0;
            double highest = -1;
            for (int i = 0; i < rates.length; i++) {
                double hit = gamma(1 + sales[i], random);
                double belief = hit / (hit + gamma(1 + clicks[i] - sales[i], random));
                if (belief > highest) {
                    highest = belief;
                    winner = i;
                }
            }
            shares[winner] += 1.0 / settings.draws;
        }
        return shares;
    }

    /** Marsaglia and Tsang 2000, for shapes from 1. */
    private static double gamma(double shape, SplittableRandom random) {
        double d = shape - 1.0 / 3;
        double c = 1 / Math.sqrt(9 * d);
        while (true) {
            double x = random.nextGaussian();
            double v = 1 + c * x;
            v = v * v * v;
            if (v > 0 && Math.log(1 - random.nextDouble()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
                return d * v;
            }
        }
    }

    /** Buys the day's simulated clicks; a sale is worth settings.saleValue dollars. */
    private void spend(double[] shares, SplittableRandom random) {
        for (int i = 0; i < rates.length; i++) {
            long bought = Math.round(shares[i] * settings.dailyBudget);
            int sold = 0;
            for (long click = 0; click < bought; click++) {
                sold += random.nextDouble() < rates[i] ? 1 : 0;
            }
            clicks[i] += bought;
            sales[i] += sold;
            reward += sold * settings.saleValue;
            regret += bought * (rates[best] - rates[i]) * settings.saleValue;
        }
    }

    private void report(int day, double[] shares, double earned) {
        System.out.printf(
                Locale.ROOT, "day %d: simulated sales worth %.0f dollars, %.1f %% of the budget in the best campaign%n",
                day, earned, shares[best] * 100);
        System.out.printf(
                Locale.ROOT,
                "{\"metrics\":{\"reward\":%.2f,\"regret\":%.2f,\"spend_simulated\":%.2f,\"best_arm_share\":%.6f},"
                        + "\"step\":%d,\"total_steps\":%d}%n",
                reward, regret, (double) day * settings.dailyBudget, shares[best], day, settings.days);
    }

    private void finish() throws IOException {
        System.out.printf(
                Locale.ROOT, "Finished (simulated): campaign %d was the best; regret %.2f dollars%n", best + 1, regret);
        if (settings.artifacts == null) {
            return;
        }
        StringBuilder table = new StringBuilder("campaign,true_rate,clicks_simulated,sales_simulated\n");
        for (int i = 0; i < rates.length; i++) {
            table.append(String.format(Locale.ROOT, "%d,%.6f,%d,%d%n", i + 1, rates[i], clicks[i], sales[i]));
        }
        Files.createDirectories(settings.artifacts);
        Files.writeString(settings.artifacts.resolve("allocation.csv"), table.toString());
        System.out.println("Wrote allocation.csv");
    }

    /** Written beside and renamed, so that the file is always a whole one. */
    private void save(int day) throws IOException {
        if (settings.checkpoints == null) {
            return;
        }
        Properties state = new Properties();
        state.setProperty("shape", shape());
        state.setProperty("day", Integer.toString(day));
        state.setProperty("reward", Double.toString(reward));
        state.setProperty("regret", Double.toString(regret));
        for (int i = 0; i < rates.length; i++) {
            state.setProperty("clicks." + i, Long.toString(clicks[i]));
            state.setProperty("sales." + i, Long.toString(sales[i]));
        }
        Files.createDirectories(settings.checkpoints);
        Path next = settings.checkpoints.resolve("campaign.properties.tmp");
        try (Writer out = Files.newBufferedWriter(next)) {
            state.store(out, "simulated campaigns");
        }
        Files.move(next, file(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Returns the last day done, 0 without a checkpoint that fits. */
    private int restore() throws IOException {
        if (settings.checkpoints == null || !Files.isRegularFile(file())) {
            return 0;
        }
        Properties state = new Properties();
        try (Reader in = Files.newBufferedReader(file())) {
            state.load(in);
        }
        if (!shape().equals(state.getProperty("shape"))) {
            System.out.println("The checkpoint is of other campaigns and is not used");
            return 0;
        }
        reward = Double.parseDouble(state.getProperty("reward"));
        regret = Double.parseDouble(state.getProperty("regret"));
        for (int i = 0; i < rates.length; i++) {
            clicks[i] = Long.parseLong(state.getProperty("clicks." + i));
            sales[i] = Long.parseLong(state.getProperty("sales." + i));
        }
        return Integer.parseInt(state.getProperty("day"));
    }

    private Path file() {
        return settings.checkpoints.resolve("campaign.properties");
    }

    private String shape() {
        return settings.seed + "/" + rates.length + "/" + settings.dailyBudget + "/" + settings.policy;
    }

    /** What the job asks for, from the file named by STATIONMASTER_SPEC; outside Stationmaster the defaults. */
    private record Settings(
            int days, int campaigns, int dailyBudget, int draws, double saleValue, long seed, String policy,
            Path checkpoints, Path artifacts) {

        static Settings read() throws IOException {
            String spec = env("STATIONMASTER_SPEC", env("STATIONMASTER_JOB_SPEC", ""));
            String json = spec.isEmpty() ? "" : Files.readString(Path.of(spec));
            String hyper = object(json, "hyperparameters");
            Matcher policy = Pattern.compile("\"policy\"\\s*:\\s*\"([a-z]*)\"").matcher(hyper);
            String name = policy.find() ? policy.group(1) : "thompson";
            if (!name.equals("thompson") && !name.equals("even")) {
                throw new IllegalArgumentException("policy must be thompson or even, not " + name);
            }
            return new Settings(
                    (int) number(hyper, "days", 60, 1, 100_000),
                    (int) number(hyper, "campaigns", 8, 2, 1000),
                    (int) number(hyper, "daily_budget", 1000, 1, 10_000_000),
                    (int) number(hyper, "draws", 700_000, 1, 100_000_000),
                    number(hyper, "sale_value", 25, 0.01, 1_000_000),
                    (long) number(hyper, "seed", 11, 0, 1L << 53),
                    name, path("STATIONMASTER_CHECKPOINT_DIR"), path("STATIONMASTER_ARTIFACT_DIR"));
        }

        /** The text of a named JSON object, from brace to brace; "" if there is none. */
        private static String object(String json, String name) {
            Matcher start = Pattern.compile("\"" + name + "\"\\s*:\\s*\\{").matcher(json);
            if (!start.find()) {
                return "";
            }
            int depth = 0;
            boolean quoted = false;
            for (int i = start.end() - 1; i < json.length(); i++) {
                char c = json.charAt(i);
                if (c == '\\' && quoted) {
                    i++;
                } else if (c == '"') {
                    quoted = !quoted;
                } else if (!quoted && c == '{') {
                    depth++;
                } else if (!quoted && c == '}' && --depth == 0) {
                    return json.substring(start.end(), i);
                }
            }
            return "";
        }

        private static double number(String json, String name, double otherwise, double min, double max) {
            Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"?(-?[0-9][0-9.eE+-]*)").matcher(json);
            if (!found.find()) {
                return otherwise;
            }
            double value = Double.parseDouble(found.group(1));
            if (!(value >= min && value <= max)) {
                throw new IllegalArgumentException(name + " must be from " + min + " to " + max + ", not " + value);
            }
            return value;
        }

        private static Path path(String name) {
            String value = env(name, "");
            return value.isEmpty() ? null : Path.of(value);
        }

        private static String env(String name, String otherwise) {
            String value = System.getenv(name);
            return value == null || value.isBlank() ? otherwise : value;
        }
    }
}
