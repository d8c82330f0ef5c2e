package dev.stationmaster.jobs;

import dev.stationmaster.agents.AgentMessages;
import dev.stationmaster.agents.AgentMessages.AgentSpec;
import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.LaunchException;
import dev.stationmaster.jobs.runner.ServiceSpec;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.security.JwtTokens;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Gathers what an attempt needs: the agent's version, secrets, folders, the spec file, a token. */
final class LaunchPreparer {
    private static final Duration TOKEN_LIFE = Duration.ofDays(31);

    private final Vertx vertx;
    private final Bus bus;
    private final JwtTokens jwt;
    private final JobsSettings settings;
    private final String publicUrl;

    LaunchPreparer(Vertx vertx, Bus bus, JwtTokens jwt, JobsSettings settings, String publicUrl) {
        this.vertx = vertx;
        this.bus = bus;
        this.jwt = jwt;
        this.settings = settings;
        this.publicUrl = publicUrl;
    }

    /** Fails with {@link LaunchException} when the agent is gone. */
    Future<Launch> prepare(Job job) {
        String spec = spec(job);
        return content(job).compose(content -> vertx.executeBlocking(() -> makeFolders(job, spec), false)
                .map(folder -> launch(job, content, folder, spec)));
    }

    /** What to run, without where. */
    private record Content(AgentSpec agent, Map<String, String> secrets) {}

    /**
     * The launch of an attempt on another machine: that one has folders of its own, and adds their paths to the
     * environment. Holds secrets. Fails with {@link LaunchException} when the agent is gone.
     */
    Future<JsonObject> prepareRemote(Job job) {
        return content(job).map(content -> {
            AgentSpec agent = content.agent();
            var env = new JsonObject();
            env(job, content).forEach(env::put);
            return new JsonObject()
                    .put("job_id", job.id().toString())
                    .put("lease", job.lease())
                    .put("attempt", job.attempt())
                    .put("folder_id", job.folderId().toString())
                    .put("replicas", job.scheduling().replicasStarted())
                    .put("image", agent.dockerImage())
                    .put("command", new JsonArray(agent.command()))
                    .put("env", env)
                    .put("working_dir", agent.workingDir())
                    .put(
                            "limits",
                            new JsonObject()
                                    .put("cpu_millis", job.resources().cpuMillis())
                                    .put("memory_bytes", job.resources().memoryBytes())
                                    .put("gpus", job.resources().gpus())
                                    .put("storage_bytes", job.resources().storageBytes()))
                    .put("timeout_seconds", job.timeoutSeconds())
                    .put("grace_seconds", settings.grace().toMillis() / 1000.0)
                    .put("service", job.service())
                    .put("spec", spec(job));
        });
    }

    private Future<Content> content(Job job) {
        var version = bus.request(new AgentMessages.FindAgentVersion(job.agentId(), job.agentVersion()));
        var secrets = bus.request(new AgentMessages.FindSecrets(job.agentId()));
        return Future.all(version, secrets).map(both -> {
            AgentSpec agent = version.result().agent();
            if (agent == null) {
                throw new LaunchException("The agent of this job was deleted.");
            }
            return new Content(agent, secrets.result().secrets());
        });
    }

    private Map<String, String> env(Job job, Content content) {
        Map<String, String> env = new LinkedHashMap<>(content.agent().env());
        env.putAll(content.secrets());
        env.put("STATIONMASTER_JOB_ID", job.id().toString());
        env.put("STATIONMASTER_ATTEMPT", Integer.toString(job.attempt()));
        env.put("STATIONMASTER_REPLICAS", Integer.toString(job.scheduling().replicasStarted()));
        env.put("STATIONMASTER_REPLICA", "0");
        env.put("STATIONMASTER_URL", publicUrl);
        env.put(
                "STATIONMASTER_TOKEN",
                jwt.forJob(job.ownerId(), job.owner(), job.agentId(), job.id(), job.lease(), TOKEN_LIFE));
        return env;
    }

    private Path folder(Job job) {
        return settings.dataDir()
                .toAbsolutePath()
                .normalize()
                .resolve("jobs")
                .resolve(job.folderId().toString());
    }

    /** Is there as soon as this attempt should make room. */
    private Path preemptFile(Job job) {
        return folder(job).resolve("attempt-" + job.id() + "-" + job.attempt()).resolve("preempt.json");
    }

    /** Completes when the file is there. */
    Future<Void> signalPreemption(Job job) {
        String text = new JsonObject().put("should_preempt", true).encode();
        return vertx.executeBlocking(() -> Files.writeString(preemptFile(job), text), false)
                .mapEmpty();
    }

    private Path makeFolders(Job job, String spec) {
        Path folder = folder(job);
        Path attempt = folder.resolve("attempt-" + job.id() + "-" + job.attempt());
        try {
            Files.createDirectories(folder.resolve("checkpoints"));
            Files.createDirectories(artifacts(folder, job));
            Files.createDirectories(attempt);
            Files.writeString(attempt.resolve("spec.json"), spec);
        } catch (FileSystemException e) {
            String why = e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
            throw new LaunchException("The job's folder in the data folder can't be written: " + why + ".");
        } catch (IOException e) { // a full disk says so here
            throw new LaunchException("The job's folder in the data folder can't be written: " + e.getMessage() + ".");
        }
        return folder;
    }

    /** A retried job shares the checkpoints of the first one, but leaves artifacts of its own. */
    static Path artifacts(Path folder, Job job) {
        return folder.resolve("artifacts").resolve(job.id().toString());
    }

    private Launch launch(Job job, Content content, Path folder, String spec) {
        AgentSpec agent = content.agent();
        Path attempt = folder.resolve("attempt-" + job.id() + "-" + job.attempt());
        Map<String, String> env = env(job, content);
        env.put("STATIONMASTER_SPEC", attempt.resolve("spec.json").toString());
        env.put("STATIONMASTER_CHECKPOINT_DIR", folder.resolve("checkpoints").toString());
        env.put("STATIONMASTER_ARTIFACT_DIR", artifacts(folder, job).toString());
        env.put("STATIONMASTER_PREEMPT_FILE", preemptFile(job).toString());
        Long timeout = job.timeoutSeconds();
        String workingDir = agent.workingDir();
        JsonObject service = job.service();
        return new Launch(
                job.id(),
                job.lease(),
                job.attempt(),
                0,
                job.scheduling().replicasStarted(),
                agent.dockerImage(),
                agent.command(),
                env,
                workingDir == null ? attempt : Path.of(workingDir),
                folder,
                job.resources(),
                timeout == null ? null : Duration.ofSeconds(timeout),
                settings.grace(),
                spec,
                service == null ? null : ServiceSpec.of(service));
    }

    private static String spec(Job job) {
        return new JsonObject()
                .put("job_id", job.id().toString())
                .put("agent_id", job.agentId())
                .put("agent_version", job.agentVersion())
                .put("name", job.name())
                .put("attempt", job.attempt())
                .put("replicas", job.scheduling().replicasStarted())
                .put("hyperparameters", job.hyperparameters())
                .put("training_config", job.trainingConfig())
                .put("resources", Job.resourcesJson(job.resources()))
                .encodePrettily();
    }
}
