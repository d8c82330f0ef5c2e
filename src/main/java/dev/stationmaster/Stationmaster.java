package dev.stationmaster;

import dev.stationmaster.platform.config.SettingsException;
import dev.stationmaster.platform.stores.StoresException;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The program. Without a command it serves. */
@Command(
        name = "stationmaster",
        mixinStandardHelpOptions = true,
        version = "stationmaster " + Stationmaster.VERSION,
        description = "The control plane for AI agents and the GPUs they burn.",
        subcommands = {
            Stationmaster.Serve.class,
            Stationmaster.Demo.class,
            WorkerCommand.class,
            Stationmaster.Token.class,
            Stationmaster.Migrate.class
        })
public final class Stationmaster implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(Stationmaster.class);
    static final String VERSION = "0.1.0";
    private static final int USAGE = 2;
    private static final int UNFINISHED = 1;

    @Mixin
    private Where where = new Where();

    /** Options that all commands share. */
    static final class Where {
        @Option(names = "--port", description = "HTTP port (0: a free one). Also STATIONMASTER_PORT; default 8000.")
        private @Nullable Integer port;

        @Option(names = "--data", description = "Data folder. Also STATIONMASTER_DATA; default ./data.")
        private @Nullable String data;

        @Option(names = "--config", description = "Settings file; see conf/stationmaster.yaml for all keys.")
        private @Nullable Path config;

        Settings settings() {
            Map<String, String> overrides = new LinkedHashMap<>();
            if (port != null) {
                overrides.put("server.port", port.toString());
            }
            if (data != null) {
                overrides.put("data_dir", data);
            }
            return Settings.read(config, System.getenv(), overrides);
        }
    }

    public static void main(String[] args) {
        int code = new CommandLine(new Stationmaster())
                .setExecutionExceptionHandler(Stationmaster::explain)
                .execute(args);
        if (code != 0) {
            System.exit(code);
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        return serve(where.settings());
    }

    private static int serve(Settings settings) throws InterruptedException {
        LOG.info("Settings in effect: {}", settings.effective());
        long started = System.nanoTime();
        Server server = Server.start(settings);
        stopOnSignal(server);
        LOG.info(
                "Stationmaster answers at {} after {} ms",
                server.url(),
                Duration.ofNanos(System.nanoTime() - started).toMillis());
        new CountDownLatch(1).await(); // until a signal ends the process
        return 0;
    }

    /** A stop in order ends with the code of the signal (143 for SIGTERM), any other with {@value #UNFINISHED}. */
    private static void stopOnSignal(Server server) {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            server.close();
                            if (!server.stoppedInOrder()) {
                                Runtime.getRuntime().halt(UNFINISHED); // exit() would wait for this very hook
                            }
                        },
                        "shutdown"));
    }

    /** {@code serve}: the server. */
    @Command(name = "serve", mixinStandardHelpOptions = true, description = "Run the server (default).")
    static final class Serve implements Callable<Integer> {
        @Mixin
        private Where where = new Where();

        @Override
        public Integer call() throws InterruptedException {
            return serve(where.settings());
        }
    }

    /** {@code demo}: the server with the examples. */
    @Command(
            name = "demo",
            mixinStandardHelpOptions = true,
            description = "Run the server, register the example agents, train one and show its progress.")
    static final class Demo implements Callable<Integer> {
        @Mixin
        private Where where = new Where();

        @Option(names = "--exit", description = "Stop after the result instead of staying up.")
        private boolean exit;

        @Override
        public Integer call() throws IOException, InterruptedException {
            DemoRun.quietLog();
            Settings settings = where.settings();
            Server server = Server.start(settings);
            stopOnSignal(server);
            boolean good = new DemoRun(server, settings, System.out).run();
            if (exit) {
                server.close();
            } else {
                System.out.println("It stays up until you press Ctrl-C.");
                new CountDownLatch(1).await();
            }
            return good ? 0 : 1;
        }
    }

    /** {@code token}: a way in for who holds the data folder. */
    @Command(
            name = "token",
            mixinStandardHelpOptions = true,
            description =
                    "Print an access token, made with the key of the settings or the data folder. No server is needed.")
    static final class Token implements Callable<Integer> {
        @Mixin
        private Where where = new Where();

        @Option(names = "--user", required = true, description = "Id (UUID) of the user, from GET /api/v1/users.")
        private String user = "";

        @Option(names = "--role", defaultValue = "admin", description = "admin, operator, developer or viewer.")
        private String role = "admin";

        @Option(names = "--seconds", defaultValue = "3600", description = "How long it is valid.")
        private long seconds;

        @Override
        public Integer call() {
            System.out.println(OfflineToken.make(where.settings(), user, role, Duration.ofSeconds(seconds)));
            return 0;
        }
    }

    /** {@code migrate}: the schema alone, for who deploys in two steps. */
    @Command(
            name = "migrate",
            mixinStandardHelpOptions = true,
            description = "Bring the schema of DATABASE_URL up to date.")
    static final class Migrate implements Callable<Integer> {
        @Mixin
        private Where where = new Where();

        @Override
        public Integer call() {
            var url = where.settings().database().url();
            if (url.isEmpty()) {
                System.err.println(
                        "Set DATABASE_URL; the embedded database is brought up to date when the server starts.");
                return USAGE;
            }
            int count = dev.stationmaster.platform.db.Migrations.run(url.get().toString());
            System.out.println(count + " migrations ran.");
            return 0;
        }
    }

    /** One line for what people can mend themselves, a trace for the rest. */
    private static int explain(Exception error, CommandLine commandLine, CommandLine.ParseResult parsed) {
        for (Throwable t = error; t != null; t = t.getCause()) {
            if (t instanceof SettingsException || t instanceof StoresException) {
                System.err.println(t.getMessage());
                return USAGE;
            }
            if (t instanceof BindException) {
                System.err.println("The port is taken by another program: choose one with --port.");
                return USAGE;
            }
        }
        LOG.error("The server could not start", error);
        return 1;
    }
}
