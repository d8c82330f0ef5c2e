package dev.stationmaster.jobs.runner.docker;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.exception.NotModifiedException;
import com.github.dockerjava.api.model.AuthConfig;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.DeviceRequest;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Info;
import com.github.dockerjava.api.model.PullResponseItem;
import com.github.dockerjava.api.model.Statistics;
import com.github.dockerjava.api.model.Volume;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.core.InvocationBuilder;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.Resources;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The engine's API as far as it is needed. Everything blocks; thread-safe. */
final class DockerEngine implements Closeable {
    static final String SERVER_LABEL = "dev.stationmaster.server";
    static final String JOB_LABEL = "dev.stationmaster.job";
    static final String LEASE_LABEL = "dev.stationmaster.lease";
    static final String REPLICA_LABEL = "dev.stationmaster.replica";
    /** Its devices, separated by commas: who takes it up must not give them away. */
    static final String GPUS_LABEL = "dev.stationmaster.gpus";

    private static final int MAX_CONNECTIONS = 1_024;
    private static final Duration CONNECT = Duration.ofSeconds(5);

    private final DockerSettings settings;
    private final DockerClient client;

    DockerEngine(DockerSettings settings) {
        this.settings = settings;
        var config = DefaultDockerClientConfig.createDefaultConfigBuilder();
        settings.host().ifPresent(config::withDockerHost);
        config.withDockerTlsVerify(settings.certFolder().isPresent());
        settings.certFolder().ifPresent(config::withDockerCertPath);
        var built = config.build();
        this.client = DockerClientImpl.getInstance(
                built,
                new ZerodepDockerHttpClient.Builder()
                        .dockerHost(built.getDockerHost())
                        .sslConfig(built.getSSLConfig())
                        .maxConnections(MAX_CONNECTIONS)
                        .connectionTimeout(CONNECT)
                        .build());
    }

    Info info() {
        return client.infoCmd().exec();
    }

    /** The engine takes it in the place of an id. */
    static String name(Launch launch) {
        return "stationmaster-" + launch.jobId() + "-" + launch.lease() + "-" + launch.replica();
    }

    boolean hasImage(String image) {
        try {
            client.inspectImageCmd(image).exec();
            return true;
        } catch (NotFoundException e) {
            return false;
        }
    }

    /** Returns at once; the callback is told of progress and of the end. */
    void pull(String image, @Nullable AuthConfig login, ResultCallback<PullResponseItem> progress) {
        var pull = client.pullImageCmd(image);
        if (login != null) {
            pull.withAuthConfig(login);
        }
        pull.exec(progress);
    }

    /**
     * The id of a new container that does not run yet.
     *
     * @param gpus its devices, by number
     */
    String create(String image, Launch launch, List<String> gpus, String server, ContainerLayout layout) {
        Map<String, String> labels = new HashMap<>();
        labels.put(SERVER_LABEL, server);
        labels.put(JOB_LABEL, launch.jobId().toString());
        labels.put(LEASE_LABEL, Long.toString(launch.lease()));
        labels.put(REPLICA_LABEL, Integer.toString(launch.replica()));
        labels.put(GPUS_LABEL, String.join(",", gpus));
        CreateContainerCmd create = client.createContainerCmd(image)
                .withName(name(launch))
                .withEnv(layout.env(launch))
                .withLabels(labels)
                .withHostConfig(host(launch, gpus, layout));
        if (!launch.command().isEmpty()) {
            create.withEntrypoint(launch.command().subList(0, 1))
                    .withCmd(launch.command().subList(1, launch.command().size()));
        }
        settings.user().ifPresent(create::withUser);
        String workingDir = layout.workingDir(launch);
        if (workingDir != null) {
            create.withWorkingDir(workingDir);
        }
        return create.exec().getId();
    }

    private HostConfig host(Launch launch, List<String> gpus, ContainerLayout layout) {
        Resources limits = launch.limits();
        HostConfig host = HostConfig.newHostConfig()
                .withNetworkMode(settings.network())
                .withReadonlyRootfs(settings.readOnlyRoot())
                .withPidsLimit((long) settings.maxPids())
                .withInit(settings.init())
                .withSecurityOpts(List.of("no-new-privileges"))
                .withBinds(new Bind(layout.onEngine(launch), new Volume(ContainerLayout.JOB_DIR)));
        if (limits.cpuMillis() > 0) {
            host.withNanoCPUs(limits.cpuMillis() * 1_000_000);
        }
        if (limits.memoryBytes() > 0) { // no swap beyond it
            host.withMemory(limits.memoryBytes()).withMemorySwap(limits.memoryBytes());
        }
        if (!settings.capabilities()) {
            host.withCapDrop(Capability.ALL);
        }
        if (settings.readOnlyRoot() && settings.tmpBytes() > 0) {
            host.withTmpFs(Map.of("/tmp", "rw,nosuid,nodev,size=" + settings.tmpBytes()));
        }
        if (!gpus.isEmpty()) {
            host.withDeviceRequests(List.of(new DeviceRequest()
                    .withDriver("nvidia")
                    .withDeviceIds(gpus)
                    .withCapabilities(List.of(List.of("gpu")))));
        }
        return host;
    }

    void start(String id) {
        client.startContainerCmd(id).exec();
    }

    /** Both streams from the first byte on; the callback's thread reads no further while it is being told. */
    void follow(String id, ResultCallback<Frame> frames) {
        client.logContainerCmd(id)
                .withStdOut(true)
                .withStdErr(true)
                .withFollowStream(true)
                .exec(frames);
    }

    /** Empty when the container is gone. */
    Optional<InspectContainerResponse.ContainerState> state(String id) {
        try {
            return Optional.of(client.inspectContainerCmd(id).exec().getState());
        } catch (NotFoundException e) {
            return Optional.empty();
        }
    }

    /** Where it is reached on its own network; empty when it has no address. */
    Optional<String> address(String id) {
        return client.inspectContainerCmd(id).exec().getNetworkSettings().getNetworks().values().stream()
                .map(ContainerNetwork::getIpAddress)
                .filter(ip -> ip != null && !ip.isEmpty())
                .findFirst();
    }

    /** A variable of its environment. */
    Optional<String> env(String id, String name) {
        String[] all = client.inspectContainerCmd(id).exec().getConfig().getEnv();
        return all == null
                ? Optional.empty()
                : Stream.of(all)
                        .filter(one -> one.startsWith(name + "="))
                        .map(one -> one.substring(name.length() + 1))
                        .findFirst();
    }

    /** Runs a program in it and returns its exit code; fails when that takes too long. */
    int run(String id, List<String> command, Duration bound) throws IOException, InterruptedException {
        String exec = client.execCreateCmd(id)
                .withCmd(command.toArray(new String[0]))
                .withAttachStdout(true) // an engine refuses one that nobody listens to
                .withAttachStderr(true)
                .exec()
                .getId();
        try (var output = new ResultCallback.Adapter<Frame>()) {
            if (!client.execStartCmd(exec).exec(output).awaitCompletion(bound.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException("no end within " + bound.toMillis() + " ms");
            }
        }
        Long code = client.inspectExecCmd(exec).exec().getExitCodeLong();
        return code == null ? -1 : code.intValue();
    }

    /** Does nothing when it does not run. */
    void signal(String id, String signal) {
        try {
            client.killContainerCmd(id).withSignal(signal).exec();
        } catch (NotFoundException | ConflictException | NotModifiedException gone) {
            // it ended meanwhile
        }
    }

    /** Ends it by force where it runs. */
    void remove(String id) {
        try {
            client.removeContainerCmd(id)
                    .withForce(true)
                    .withRemoveVolumes(true)
                    .exec();
        } catch (NotFoundException gone) {
            // somebody else was faster
        }
    }

    /** Those that this server made, whatever became of them. */
    List<Container> own(String server) {
        return client.listContainersCmd()
                .withShowAll(true)
                .withLabelFilter(Map.of(SERVER_LABEL, server))
                .exec();
    }

    /** What it uses now; null where the engine does not say. */
    @Nullable
    Statistics usage(String id) throws IOException {
        try (var first = new InvocationBuilder.AsyncResultCallback<Statistics>()) {
            client.statsCmd(id).withNoStream(true).exec(first);
            return first.awaitResult();
        }
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
