package dev.stationmaster;

import dev.stationmaster.accounts.AccountMessages;
import dev.stationmaster.accounts.AccountsVerticle;
import dev.stationmaster.agents.AgentMessages;
import dev.stationmaster.agents.AgentsVerticle;
import dev.stationmaster.agents.deployments.DeploymentMessages;
import dev.stationmaster.agents.deployments.DeploymentsVerticle;
import dev.stationmaster.audit.AuditRoutes;
import dev.stationmaster.costs.CostMessages;
import dev.stationmaster.costs.CostsVerticle;
import dev.stationmaster.experiments.ExperimentMessages;
import dev.stationmaster.experiments.ExperimentsVerticle;
import dev.stationmaster.gateway.Contract;
import dev.stationmaster.gateway.GatewayVerticle;
import dev.stationmaster.gateway.Health;
import dev.stationmaster.gateway.MetricsPage;
import dev.stationmaster.gateway.live.LiveEndpoint;
import dev.stationmaster.gateway.live.SocketLimit;
import dev.stationmaster.gateway.live.Tickets;
import dev.stationmaster.jobs.JobMessages;
import dev.stationmaster.jobs.JobsVerticle;
import dev.stationmaster.jobs.ServiceMessages;
import dev.stationmaster.jobs.storage.FileStores;
import dev.stationmaster.jobs.webhooks.WebhooksVerticle;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.bus.MessageTypes;
import dev.stationmaster.platform.config.Secret;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.db.Migrations;
import dev.stationmaster.platform.metrics.Meters;
import dev.stationmaster.platform.redis.RedisLink;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.security.JwtTokens;
import dev.stationmaster.platform.security.KeyFile;
import dev.stationmaster.platform.security.SecretBox;
import dev.stationmaster.platform.stores.EmbeddedStores;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.policies.PoliciesVerticle;
import dev.stationmaster.policies.PolicyMessages;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A whole server: stores, schema, features, gateway, in that order; stopped in reverse. {@link #start} and
 * {@link #close} block and belong on a main or test thread.
 */
public final class Server implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Server.class);
    private static final Duration START = Duration.ofMinutes(2);
    /** On top of what jobs may take: no part of a stop is waited for longer. */
    private static final Duration STOP_PART = Duration.ofSeconds(5);
    /** Programs that are killed need a moment to be gone. */
    private static final Duration KILLED = Duration.ofSeconds(20);

    private final Settings settings;
    private final Clock clock;
    private boolean inOrder = true;
    private final Deque<Runnable> closers = new ArrayDeque<>();
    private final Health health = new Health();
    private int port;
    private volatile Set<String> operationIds = Set.of();
    private @Nullable EmbeddedStores stores;
    private @Nullable AccountsVerticle accounts;

    private Server(Settings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
    }

    /** Returns when the server answers. Whatever was started is stopped again when a later part fails. */
    public static Server start(Settings settings) {
        return start(settings, Clock.system());
    }

    /** For tests, which move the time. */
    static Server start(Settings settings, Clock clock) {
        var server = new Server(settings, clock);
        try {
            server.startAll();
            return server;
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    public int port() {
        return port;
    }

    public String url() {
        String host = settings.server().host();
        return "http://" + ("0.0.0.0".equals(host) || "127.0.0.1".equals(host) ? "localhost" : host) + ":" + port;
    }

    /** A token for a user by name. Blocks. */
    public String tokenFor(String username, Duration life) {
        AccountsVerticle a = accounts;
        if (a == null) {
            throw new IllegalStateException("not started");
        }
        return a.tokenFor(username, life).await();
    }

    /** What the gateway has handlers for. */
    Set<String> operationIds() {
        return operationIds;
    }

    /** The embedded stores, for tests that break them. */
    EmbeddedStores stores() {
        return Objects.requireNonNull(stores, "not started");
    }

    private void startAll() {
        Path dataDir = settings.dataDir().toAbsolutePath().normalize();
        createFolder(dataDir);
        var stores = EmbeddedStores.start(
                dataDir,
                settings.database().url().isEmpty(),
                settings.redisUrl().isEmpty());
        this.stores = stores;
        closers.push(stores::close);
        String databaseUrl = settings.database()
                .url()
                .map(Object::toString)
                .or(stores::databaseUrl)
                .orElseThrow();
        String redisUrl =
                settings.redisUrl().map(Object::toString).or(stores::redisUrl).orElseThrow();
        PrometheusMeterRegistry registry = Meters.create();
        Vertx vertx = Meters.vertx(registry);
        closers.push(() -> await("Stopping Vert.x", vertx.close(), STOP_PART));
        Future<Contract> contract = Contract.load(vertx); // beside the rest: it is a third of the start
        var database = Database.open(
                vertx,
                databaseUrl,
                settings.database().poolSize(),
                settings.database().connectTimeout());
        if (!Migrations.isCurrent(database).await()) {
            LOG.info("The schema was brought up to date with {} migrations", Migrations.run(databaseUrl));
        }
        port = settings.server().port() == 0 ? freePort() : settings.server().port();
        await("Starting", deploy(vertx, registry, database, redisUrl, dataDir, contract), START);
        vertx.executeBlocking(() -> {
                    contract.result().warmUp();
                    return null;
                })
                .onFailure(e -> LOG.warn("Warming up failed", e));
    }

    private Future<?> deploy(
            Vertx vertx,
            PrometheusMeterRegistry registry,
            Database database,
            String redisUrl,
            Path dataDir,
            Future<Contract> contractRead) {
        Bus.registerCodec(
                vertx,
                MessageTypes.of(List.of(
                        AccountMessages.class,
                        AgentMessages.class,
                        CostMessages.class,
                        DeploymentMessages.class,
                        ExperimentMessages.class,
                        JobMessages.class,
                        ServiceMessages.class,
                        PolicyMessages.class)));
        var bus = new Bus(vertx, registry);
        var jwt = new JwtTokens(vertx, clock, jwtSecret(dataDir));
        var accounts = new AccountsVerticle(vertx, settings.accounts(), dataDir, database, bus, clock, jwt);
        this.accounts = accounts;
        var box = new SecretBox(encryptionKey(dataDir));
        var agents = new AgentsVerticle(database, bus, clock, box);
        var costs = new CostsVerticle(database, bus, clock, settings.prices());
        var policies = new PoliciesVerticle(vertx, settings.policies(), database, bus, clock);
        var files = FileStores.open(vertx, clock, dataDir, settings.storage());
        closers.push(() -> await("Closing the storage", files.close(), STOP_PART));
        var jobs = new JobsVerticle(new JobsVerticle.Deps(
                settings.jobs(),
                workerId(dataDir),
                database,
                redisUrl,
                bus,
                clock,
                jwt,
                registry,
                new Runners(settings.runners(), settings.jobs().maxLineBytes(), vertx, clock)
                        .in(dataDir, workerId(dataDir)),
                settings.server().publicUrl().orElse(url()),
                settings.server().maxBodyBytes(),
                files,
                settings.storage()));
        var webhooks = new WebhooksVerticle(settings.webhooks(), workerId(dataDir), database, bus, clock, box);
        var experiments = new ExperimentsVerticle(settings.experiments(), workerId(dataDir), database, bus, clock);
        var deployments =
                new DeploymentsVerticle(settings.deployments(), workerId(dataDir), database, bus, clock, registry);
        var tickets = new Tickets(clock);
        var sockets = new SocketLimit(settings.server().maxSockets(), registry);
        return vertx.deployVerticle(accounts)
                .compose(done -> vertx.deployVerticle(agents))
                .compose(done -> vertx.deployVerticle(costs))
                .compose(done -> vertx.deployVerticle(policies))
                .onSuccess(id -> closers.push(() -> await("Stopping policies", vertx.undeploy(id), STOP_PART)))
                .compose(done -> vertx.deployVerticle(jobs))
                .onSuccess(id -> closers.push(() -> stopJobs(vertx, jobs, id)))
                .compose(done -> vertx.deployVerticle(webhooks))
                .onSuccess(id -> closers.push(() -> await("Stopping webhooks", vertx.undeploy(id), STOP_PART)))
                .compose(done -> vertx.deployVerticle(experiments))
                .onSuccess(id -> closers.push(() -> await("Stopping experiments", vertx.undeploy(id), STOP_PART)))
                .compose(done -> vertx.deployVerticle(deployments))
                .onSuccess(id -> closers.push(() -> await("Stopping deployments", vertx.undeploy(id), STOP_PART)))
                .compose(done -> watchStores(vertx, database, redisUrl))
                .compose(done -> contractRead)
                .compose(contract -> {
                    var parts = new GatewayVerticle.Parts(
                            settings.server(),
                            port,
                            contract,
                            accounts.authenticator(),
                            on -> handlers(on, jobs, own -> {
                                own.putAll(accounts.handlers());
                                own.putAll(agents.handlers());
                                own.putAll(costs.handlers());
                                own.putAll(policies.handlers());
                                own.putAll(webhooks.handlers());
                                own.putAll(experiments.handlers());
                                own.putAll(deployments.handlers());
                                own.putAll(new AuditRoutes(database).handlers());
                                own.put("createWsTicket", LiveEndpoint.ticketHandler(tickets));
                            }),
                            bus,
                            clock,
                            tickets,
                            sockets,
                            health,
                            registry);
                    return vertx.deployVerticle(
                            () -> new GatewayVerticle(parts),
                            new DeploymentOptions()
                                    .setInstances(settings.server().eventLoops()));
                })
                .onSuccess(id -> closers.push(() -> {
                    jobs.closeGatewayLinks();
                    await("Closing the gateway", vertx.undeploy(id), STOP_PART);
                }))
                .compose(done -> metricsPort(vertx, registry));
    }

    private Future<Map<String, ApiHandler>> handlers(
            Vertx on, JobsVerticle jobs, Consumer<Map<String, ApiHandler>> others) {
        return jobs.handlers(on).map(ofJobs -> {
            var all = new LinkedHashMap<>(ofJobs);
            others.accept(all);
            operationIds = Set.copyOf(all.keySet());
            return all;
        });
    }

    private Future<Void> watchStores(Vertx vertx, Database database, String redisUrl) {
        health.check("postgresql", database::ping);
        return RedisLink.open(vertx, redisUrl, link -> {}, push -> {})
                .onSuccess(link -> {
                    health.check("redis", () -> link.send(Request.cmd(Command.PING)));
                    closers.push(() -> await("Closing a link to Redis", link.close(), STOP_PART));
                })
                .mapEmpty();
    }

    private Future<?> metricsPort(Vertx vertx, PrometheusMeterRegistry registry) {
        int own = settings.server().metricsPort();
        return own == 0
                ? Future.succeededFuture()
                : MetricsPage.listen(vertx, settings.server().host(), own, registry);
    }

    private String jwtSecret(Path dataDir) {
        return settings.accounts()
                .jwtSecret()
                .map(Secret::reveal)
                .orElseGet(() -> KeyFile.readOrCreate(dataDir.resolve("jwt-secret"), KeyFile::randomKey));
    }

    private byte[] encryptionKey(Path dataDir) {
        String key = settings.encryptionKey()
                .map(Secret::reveal)
                .orElseGet(() -> KeyFile.readOrCreate(dataDir.resolve("encryption-key"), KeyFile::randomKey));
        return Settings.decoded(key);
    }

    /** Kept in the data folder, so that a restarted server knows its own jobs. */
    private static String workerId(Path dataDir) {
        return KeyFile.readOrCreate(
                dataDir.resolve("worker-id"),
                () -> ThisMachine.name() + "-" + Ids.next().toString().substring(24));
    }

    private static void createFolder(Path dataDir) {
        try {
            Files.createDirectories(dataDir);
        } catch (IOException e) {
            throw new UncheckedIOException("The data folder " + dataDir + " can't be made", e);
        }
    }

    private static int freePort() {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void await(String what, Future<?> future, Duration bound) {
        try {
            future.await(bound.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException(what + " took longer than " + bound.toSeconds() + " s", e);
        }
    }

    private void stopJobs(Vertx vertx, JobsVerticle jobs, String id) {
        var own = settings.jobs();
        await("Stopping jobs", vertx.undeploy(id), own.grace().plus(own.stop()).plus(KILLED));
        inOrder &= jobs.unwritten() == 0;
    }

    /** After {@link #close}: whether every part ended in time and every job that ran was written down. */
    public synchronized boolean stoppedInOrder() {
        return closers.isEmpty() && inOrder;
    }

    /** Stops taking work, ends running jobs with their grace period, then everything else. Every step is bounded. */
    @Override
    public synchronized void close() {
        if (closers.isEmpty()) {
            return;
        }
        long started = System.nanoTime();
        health.stopping();
        while (!closers.isEmpty()) {
            try {
                closers.pop().run();
            } catch (RuntimeException e) {
                inOrder = false;
                LOG.error("Stopping: {}", e.getMessage(), e);
            }
        }
        long millis = Duration.ofNanos(System.nanoTime() - started).toMillis();
        if (inOrder) {
            LOG.info("Stopped in {} ms", millis);
        } else {
            LOG.warn("Stopped in {} ms, but not everything could be written down or ended in order", millis);
        }
    }
}
