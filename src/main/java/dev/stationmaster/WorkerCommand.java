package dev.stationmaster;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.runner.gpu.GpuWatch;
import dev.stationmaster.platform.config.SettingsException;
import dev.stationmaster.platform.config.SettingsReader;
import dev.stationmaster.platform.config.SettingsSource;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.worker.WorkerNode;
import dev.stationmaster.worker.WorkerSettings;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code worker}: this box runs jobs of a server elsewhere. */
@Command(
        name = "worker",
        mixinStandardHelpOptions = true,
        description = "Run jobs of a Stationmaster server on this machine. Needs outbound HTTP(S) only.")
final class WorkerCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerCommand.class);
    private static final int REFUSED = 2;

    @Option(names = "--server", description = "The server, e.g. https://stationmaster.example.com")
    private @Nullable String server;

    @Option(
            names = "--token",
            description = "A token of the role worker. Others on this machine can read it; prefer --token-file.")
    private @Nullable String token;

    @Option(names = "--token-file", description = "A file that holds the token. Also STATIONMASTER_WORKER_TOKEN.")
    private @Nullable Path tokenFile;

    @Option(names = "--name", description = "Name of this worker; default: the host's name.")
    private @Nullable String name;

    @Option(names = "--data", description = "Folder for what runs; default ./worker-data.")
    private String data = "worker-data";

    @Option(names = "--config", description = "Settings file; sections worker, runners and jobs are read.")
    private @Nullable Path config;

    @Option(names = "--label", description = "KEY=VALUE, shown with the worker; may be repeated.")
    private Map<String, String> labels = new LinkedHashMap<>();

    @Override
    public Integer call() throws IOException, InterruptedException {
        SettingsReader reader = SettingsSource.read(config, System.getenv(), overrides());
        WorkerSettings settings = WorkerSettings.read(reader, ThisMachine.name());
        RunnerSettings runners = RunnerSettings.read(reader);
        int maxLineBytes = (int) reader.bytes("jobs.max_line_bytes", 256, 1 << 20);
        reader.problems().throwIfAny();
        Files.createDirectories(settings.dataDir());
        Vertx vertx = Vertx.vertx();
        var node = node(vertx, settings, runners, maxLineBytes);
        var ended = new CountDownLatch(1);
        int[] code = {0};
        String id = vertx.deployVerticle(node).await();
        node.refused().onSuccess(why -> {
            System.err.println(why);
            code[0] = REFUSED;
            ended.countDown();
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(vertx, id, settings), "shutdown"));
        ended.await();
        return code[0];
    }

    private Map<String, String> overrides() throws IOException {
        Map<String, String> overrides = new LinkedHashMap<>();
        overrides.put("data_dir", data);
        if (server != null) {
            overrides.put("worker.server_url", server);
        }
        if (tokenFile != null) {
            if (!Files.isReadable(tokenFile)) {
                throw new SettingsException(List.of("The token file " + tokenFile + " can't be read."));
            }
            overrides.put("worker.token", Files.readString(tokenFile).strip());
        } else if (token != null) {
            overrides.put("worker.token", token);
        }
        if (name != null) {
            overrides.put("worker.name", name);
        }
        return overrides;
    }

    private WorkerNode node(Vertx vertx, WorkerSettings settings, RunnerSettings wanted, int maxLineBytes) {
        Clock clock = Clock.system();
        GpuWatch gpus = ThisMachine.gpus(wanted);
        gpus.repeat(vertx, wanted.gpus().every());
        Resources has = ThisMachine.capacity(wanted, gpus.inService(), settings.dataDir());
        var runners = new Runners(wanted, maxLineBytes, vertx, clock).real(settings.dataDir(), settings.name(), gpus);
        var shown = new JsonObject();
        labels.forEach(shown::put);
        LOG.info("This box offers {} for {}", has, settings.server());
        return new WorkerNode(settings, clock, runners, new WorkerNode.Box(has, gpus, Stationmaster.VERSION, shown));
    }

    private static void stop(Vertx vertx, String id, WorkerSettings settings) {
        Duration most = settings.grace().multipliedBy(3).plusSeconds(30);
        try {
            vertx.undeploy(id).await(most.toMillis(), TimeUnit.MILLISECONDS);
            vertx.close().await(most.toMillis(), TimeUnit.MILLISECONDS);
        } catch (Exception e) {
            LOG.warn("The worker did not stop in order: {}", e.toString());
        }
    }
}
