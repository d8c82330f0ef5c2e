import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/**
 * Trains a small neural network on real handwritten digits: {@code java Train.java}, JDK 17, no libraries.
 *
 * <p>64 inputs, one hidden layer of rectified units, softmax over 10 digits, cross-entropy, Adam. Each epoch sees every
 * training image {@code augment} times, turned, shifted and scaled a little, and is then measured on images that were
 * held out. All randomness comes from the seed and the epoch's number, so a run that was interrupted and resumed from
 * its checkpoint ends with the same weights as one that was not.
 */
public final class Train {
    static final int SIDE = 8;
    static final int INPUTS = SIDE * SIDE;
    static final int CLASSES = 10;

    private static volatile boolean stopping;
    private static final CountDownLatch DONE = new CountDownLatch(1);

    public static void main(String[] args) throws Exception {
        Runtime.getRuntime().addShutdownHook(new Thread(Train::awaitCheckpoint));
        try {
            train(Settings.read());
        } catch (IllegalArgumentException e) {
            System.err.println("Cannot train: " + e.getMessage());
            DONE.countDown();
            System.exit(2);
        } finally {
            DONE.countDown();
        }
    }

    /** On SIGTERM the epoch under way ends and is saved, then the machine exits with 143. */
    private static void awaitCheckpoint() {
        stopping = true;
        try {
            DONE.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void train(Settings settings) throws IOException, InterruptedException {
        Data data = Data.load(settings);
        Network net = new Network(settings.hiddenUnits, settings.seed);
        int done = Checkpoint.restore(settings, net);
        System.out.printf(
                Locale.ROOT,
                "%d training images, %d held out, %d weights, attempt %s%n",
                data.train.length, data.test.length, net.size(), env("STATIONMASTER_ATTEMPT", "1"));
        System.out.println(done == 0 ? "Starting at epoch 1" : "Resuming after epoch " + done);
        for (int epoch = done + 1; epoch <= settings.epochs && !stopping; epoch++) {
            double[] train = trainEpoch(net, data, settings, epoch);
            report(net, data, settings, epoch, train);
            Checkpoint.save(settings, net, epoch);
            if (settings.epochPauseMs > 0 && !stopping) {
                Thread.sleep(settings.epochPauseMs);
            }
        }
        if (stopping) {
            System.out.println("Asked to stop; the last whole epoch is saved");
            return;
        }
        Artifacts.write(net, data, settings);
    }

    /** One pass over the augmented training images; returns mean loss and accuracy on them. */
    private static double[] trainEpoch(Network net, Data data, Settings settings, int epoch) {
        SplittableRandom random = new SplittableRandom(settings.seed * 1_000_003L + epoch);
        int count = data.train.length * settings.augment;
        int[] order = shuffled(count, random);
        double loss = 0;
        int right = 0;
        float[] image = new float[INPUTS + 1];
        for (int i = 0; i < count; i++) {
            float[] original = data.train[order[i] % data.train.length];
            float[] row = order[i] < data.train.length ? original : Data.distort(original, image, random);
            loss += net.learn(row);
            right += net.answer() == Data.digit(row) ? 1 : 0;
            if ((i + 1) % settings.batchSize == 0 || i + 1 == count) {
                net.step(settings.learningRate);
            }
        }
        return new double[] {loss / count, (double) right / count};
    }

    private static void report(Network net, Data data, Settings settings, int epoch, double[] train) {
        double loss = 0;
        int right = 0;
        for (float[] row : data.test) {
            loss += net.loss(row);
            right += net.answer() == Data.digit(row) ? 1 : 0;
        }
        double accuracy = (double) right / data.test.length;
        System.out.printf(
                Locale.ROOT,
                "epoch %d/%d: train loss %.4f, %d of %d held-out images right%n",
                epoch, settings.epochs, train[0], right, data.test.length);
        System.out.printf(
                Locale.ROOT,
                "{\"metrics\":{\"loss\":%.6f,\"accuracy\":%.6f,\"test_loss\":%.6f,\"test_accuracy\":%.6f},"
                        + "\"step\":%d,\"total_steps\":%d}%n",
                train[0], train[1], loss / data.test.length, accuracy, epoch, settings.epochs);
    }

    static int[] shuffled(int count, SplittableRandom random) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    static String env(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null || value.isBlank() ? otherwise : value;
    }

    /** What the job asks for, from the file named by STATIONMASTER_SPEC; outside Stationmaster the defaults. */
    private static final class Settings {
        int epochs = 30;
        int batchSize = 32;
        int hiddenUnits = 256;
        int augment = 40;
        long seed = 7;
        float learningRate = 0.001f;
        double validationSplit = 0.2;
        long epochPauseMs = 0;
        final Path checkpoints = path("STATIONMASTER_CHECKPOINT_DIR");
        final Path artifacts = path("STATIONMASTER_ARTIFACT_DIR");

        static Settings read() throws IOException {
            Settings s = new Settings();
            String spec = env("STATIONMASTER_SPEC", env("STATIONMASTER_JOB_SPEC", ""));
            String json = spec.isEmpty() ? "" : Files.readString(Path.of(spec));
            String hyper = object(json, "hyperparameters");
            String training = object(json, "training_config");
            s.epochs = (int) number(hyper, "epochs", s.epochs, 1, 100_000);
            s.batchSize = (int) number(hyper, "batch_size", s.batchSize, 1, 100_000);
            s.hiddenUnits = (int) number(hyper, "hidden_units", s.hiddenUnits, 1, 8192);
            s.augment = (int) number(hyper, "augment", s.augment, 1, 1000);
            s.seed = (long) number(hyper, "seed", s.seed, 0, 1L << 53);
            s.learningRate = (float) number(hyper, "learning_rate", s.learningRate, 1e-8, 10);
            s.validationSplit = number(training, "validation_split", s.validationSplit, 0.01, 0.9);
            s.epochPauseMs = (long) number(training, "epoch_pause_ms", s.epochPauseMs, 0, 3_600_000);
            return s;
        }

        private static Path path(String name) {
            String value = System.getenv(name);
            return value == null || value.isBlank() ? null : Path.of(value);
        }

        /** The text of a named JSON object, from brace to brace; "" if there is none. */
        static String object(String json, String name) {
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

        static double number(String json, String name, double otherwise, double min, double max) {
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
    }

    /** Rows of 64 pixels from 0 to 1 and the digit, split once by the seed. */
    private record Data(float[][] train, float[][] test) {
        static Data load(Settings settings) throws IOException {
            List<float[]> rows;
            try (var lines = new BufferedReader(new InputStreamReader(
                    new GZIPInputStream(Files.newInputStream(find())), StandardCharsets.US_ASCII))) {
                rows = lines.lines().map(Data::row).toList();
            }
            int[] order = shuffled(rows.size(), new SplittableRandom(settings.seed));
            int held = (int) Math.round(rows.size() * settings.validationSplit);
            float[][] mixed = Arrays.stream(order).mapToObj(rows::get).toArray(float[][]::new);
            return new Data(Arrays.copyOfRange(mixed, held, mixed.length), Arrays.copyOf(mixed, held));
        }

        private static float[] row(String line) {
            String[] cells = line.split(",");
            float[] row = new float[INPUTS + 1];
            for (int i = 0; i <= INPUTS; i++) {
                row[i] = Float.parseFloat(cells[i]) / (i < INPUTS ? 16f : 1f);
            }
            return row;
        }

        static int digit(float[] row) {
            return (int) row[INPUTS];
        }

        /** In the working directory, or beside this source file. */
        private static Path find() {
            for (String word : ("./x " + System.getProperty("sun.java.command", "")).split(" ")) {
                Path beside = Path.of(word).toAbsolutePath().resolveSibling("digits.csv.gz");
                if (Files.isRegularFile(beside)) {
                    return beside;
                }
            }
            throw new IllegalArgumentException("digits.csv.gz is neither in the working directory nor beside Train.java");
        }

        /** Turns, scales and shifts a little, with bilinear interpolation. */
        static float[] distort(float[] from, float[] to, SplittableRandom random) {
            double angle = (random.nextDouble() - 0.5) * 0.35;
            double scale = 1 + (random.nextDouble() - 0.5) * 0.2;
            double shiftX = random.nextDouble() - 0.5;
            double shiftY = random.nextDouble() - 0.5;
            double cos = Math.cos(angle) * scale;
            double sin = Math.sin(angle) * scale;
            double middle = (SIDE - 1) / 2.0;
            for (int y = 0; y < SIDE; y++) {
                for (int x = 0; x < SIDE; x++) {
                    double sx = cos * (x - middle) - sin * (y - middle) + middle + shiftX;
                    double sy = sin * (x - middle) + cos * (y - middle) + middle + shiftY;
                    int x0 = (int) Math.floor(sx);
                    int y0 = (int) Math.floor(sy);
                    double fx = sx - x0;
                    double fy = sy - y0;
                    to[y * SIDE + x] = (float) ((1 - fy) * ((1 - fx) * pixel(from, x0, y0) + fx * pixel(from, x0 + 1, y0))
                            + fy * ((1 - fx) * pixel(from, x0, y0 + 1) + fx * pixel(from, x0 + 1, y0 + 1)));
                }
            }
            to[INPUTS] = from[INPUTS];
            return to;
        }

        private static float pixel(float[] image, int x, int y) {
            return x < 0 || y < 0 || x >= SIDE || y >= SIDE ? 0 : image[y * SIDE + x];
        }
    }

    /** Weights, gradients and Adam's two moments, each one flat array: hidden rows first, then the output rows. */
    private static final class Network {
        final int hidden;
        final float[] weights;
        final float[] gradient;
        final float[] mean;
        final float[] variance;
        long steps;
        private int pending;
        private final float[] active;
        private final float[] backward;
        private final double[] p = new double[CLASSES];

        Network(int hidden, long seed) {
            this.hidden = hidden;
            int size = hidden * (INPUTS + 1) + CLASSES * (hidden + 1);
            weights = new float[size];
            gradient = new float[size];
            mean = new float[size];
            variance = new float[size];
            active = new float[hidden];
            backward = new float[hidden];
            SplittableRandom random = new SplittableRandom(seed ^ 0x5DEECE66DL);
            for (int i = 0; i < size; i++) {
                int row = i < outputAt(0) ? INPUTS + 1 : hidden + 1;
                int column = (i < outputAt(0) ? i : i - outputAt(0)) % row;
                weights[i] = column == row - 1 ? 0 : (float) (random.nextGaussian() * Math.sqrt(2.0 / (row - 1)));
            }
        }

        int size() {
            return weights.length;
        }

        private int outputAt(int digit) {
            return hidden * (INPUTS + 1) + digit * (hidden + 1);
        }

        /** Forward pass; returns the cross-entropy of the right answer. */
        double loss(float[] x) {
            for (int h = 0; h < hidden; h++) {
                active[h] = Math.max(0, weighted(h * (INPUTS + 1), x, INPUTS));
            }
            double max = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < CLASSES; c++) {
                p[c] = weighted(outputAt(c), active, hidden);
                max = Math.max(max, p[c]);
            }
            double total = 0;
            for (int c = 0; c < CLASSES; c++) {
                p[c] = Math.exp(p[c] - max);
                total += p[c];
            }
            for (int c = 0; c < CLASSES; c++) {
                p[c] /= total;
            }
            return -Math.log(Math.max(p[Data.digit(x)], 1e-12));
        }

        private float weighted(int at, float[] values, int count) {
            float sum = weights[at + count];
            for (int i = 0; i < count; i++) {
                sum += weights[at + i] * values[i];
            }
            return sum;
        }

        /** The digit of the last forward pass. */
        int answer() {
            int best = 0;
            for (int c = 1; c < CLASSES; c++) {
                best = p[c] > p[best] ? c : best;
            }
            return best;
        }

        /** Forward and backward pass; the gradient adds up until {@link #step}. */
        double learn(float[] x) {
            double loss = loss(x);
            Arrays.fill(backward, 0);
            for (int c = 0; c < CLASSES; c++) {
                float error = (float) (p[c] - (c == Data.digit(x) ? 1 : 0));
                int at = outputAt(c);
                for (int h = 0; h < hidden; h++) {
                    gradient[at + h] += error * active[h];
                    backward[h] += error * weights[at + h];
                }
                gradient[at + hidden] += error;
            }
            for (int h = 0; h < hidden; h++) {
                if (active[h] > 0) {
                    int at = h * (INPUTS + 1);
                    for (int i = 0; i < INPUTS; i++) {
                        gradient[at + i] += backward[h] * x[i];
                    }
                    gradient[at + INPUTS] += backward[h];
                }
            }
            pending++;
            return loss;
        }

        /** Adam: Kingma and Ba 2015, algorithm 1. */
        void step(float rate) {
            steps++;
            float unbias = (float) (Math.sqrt(1 - Math.pow(0.999, steps)) / (1 - Math.pow(0.9, steps)));
            for (int i = 0; i < weights.length; i++) {
                float g = gradient[i] / pending;
                mean[i] = 0.9f * mean[i] + 0.1f * g;
                variance[i] = 0.999f * variance[i] + 0.001f * g * g;
                weights[i] -= rate * unbias * mean[i] / ((float) Math.sqrt(variance[i]) + 1e-8f);
                gradient[i] = 0;
            }
            pending = 0;
        }
    }

    /** One file, written beside and renamed, so that it is always a whole one. */
    private static final class Checkpoint {
        private static final int FORMAT = 0x44494731;
        private static final int HEADER = 28;

        static void save(Settings s, Network net, int epoch) throws IOException {
            if (s.checkpoints == null) {
                return;
            }
            Files.createDirectories(s.checkpoints);
            Path next = s.checkpoints.resolve("digits.ckpt.tmp");
            ByteBuffer bytes = ByteBuffer.allocate(HEADER + 3 * Float.BYTES * net.size());
            bytes.putInt(FORMAT).putInt(net.hidden).putLong(s.seed).putInt(epoch).putLong(net.steps);
            bytes.asFloatBuffer().put(net.weights).put(net.mean).put(net.variance);
            Files.write(next, bytes.array());
            Files.move(next, file(s), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }

        /** Returns the last epoch done, 0 without a checkpoint that fits. */
        static int restore(Settings s, Network net) throws IOException {
            if (s.checkpoints == null || !Files.isRegularFile(file(s))) {
                return 0;
            }
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file(s)));
            if (bytes.getInt() != FORMAT || bytes.getInt() != net.hidden || bytes.getLong() != s.seed) {
                System.out.println("The checkpoint is of another network or seed and is not used");
                return 0;
            }
            int epoch = bytes.getInt();
            net.steps = bytes.getLong();
            bytes.asFloatBuffer().get(net.weights).get(net.mean).get(net.variance);
            return epoch;
        }

        private static Path file(Settings s) {
            return s.checkpoints.resolve("digits.ckpt");
        }
    }

    /** model.json with the weights, confusion.csv and report.json of the held-out images. */
    private static final class Artifacts {
        static void write(Network net, Data data, Settings s) throws IOException {
            int[][] confusion = new int[CLASSES][CLASSES];
            int right = 0;
            for (float[] row : data.test) {
                net.loss(row);
                confusion[Data.digit(row)][net.answer()]++;
                right += net.answer() == Data.digit(row) ? 1 : 0;
            }
            double accuracy = (double) right / data.test.length;
            System.out.printf(Locale.ROOT, "Finished: %.2f %% of the held-out images are right%n", accuracy * 100);
            if (s.artifacts == null) {
                return;
            }
            Files.createDirectories(s.artifacts);
            StringBuilder csv = new StringBuilder("digit,0,1,2,3,4,5,6,7,8,9\n");
            for (int digit = 0; digit < CLASSES; digit++) {
                String counts = Arrays.toString(confusion[digit]).replaceAll("[\\[\\] ]", "");
                csv.append(digit).append(',').append(counts).append('\n');
            }
            Files.writeString(s.artifacts.resolve("confusion.csv"), csv);
            Files.writeString(s.artifacts.resolve("model.json"), model(net));
            String report = "{\"test_images\":%d,\"right\":%d,\"test_accuracy\":%.6f,\"epochs\":%d,\"hidden_units\":%d}%n";
            Files.writeString(
                    s.artifacts.resolve("report.json"),
                    String.format(Locale.ROOT, report, data.test.length, right, accuracy, s.epochs, s.hiddenUnits));
            System.out.println("Wrote model.json, confusion.csv and report.json");
        }

        private static String model(Network net) {
            return "{\"inputs\":64,\"pixel_scale\":16,\"hidden_units\":" + net.hidden + ",\"classes\":10,"
                    + "\"layout\":\"rows of inputs then bias, hidden rows (relu) first\",\"weights\":"
                    + Arrays.toString(net.weights) + "}\n";
        }
    }
}
