package dev.stationmaster.jobs.runner.kubernetes;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The cluster's API as far as it is needed. All blocks but {@link #log} and the watches; thread-safe. */
final class KubernetesApi implements AutoCloseable {
    private static final int CONFLICT = 409;
    private static final int TOO_MANY = 429;
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration REQUEST = Duration.ofSeconds(10);
    /** Doubled after each failure, five times at most. */
    private static final Duration WATCH_AGAIN = Duration.ofMillis(250);
    /** A page of the lists that the watches begin with. */
    private static final long PAGE = 500;

    private final KubernetesClient client;
    private final String namespace;

    /** Does not connect. */
    KubernetesApi(KubernetesSettings settings) {
        String context = settings.context().orElse(null);
        Config found = settings.kubeconfig()
                .map(file -> Config.fromKubeconfig(context, Path.of(file).toFile()))
                .orElseGet(() -> Config.autoConfigure(context));
        Config config = new ConfigBuilder(found)
                .withConnectionTimeout((int) CONNECT.toMillis())
                .withRequestTimeout((int) REQUEST.toMillis())
                .withRequestRetryBackoffLimit(0) // who asks decides how long to go on
                .withWatchReconnectInterval((int) WATCH_AGAIN.toMillis())
                .withOnlyHttpWatches(true)
                .withHttp2Disable(
                        true) // the JDK's client has one HTTP/2 connection, with too few streams for many logs
                .build();
        this.client = new KubernetesClientBuilder().withConfig(config).build();
        this.namespace = settings.namespace()
                .or(() -> Optional.ofNullable(config.getNamespace()))
                .orElse("default");
    }

    String where() {
        return client.getMasterUrl() + ", namespace " + namespace;
    }

    /** Fails when the cluster does not answer. */
    void ping() {
        var unused = client.batch()
                .v1()
                .jobs()
                .inNamespace(namespace)
                .list(new ListOptionsBuilder()
                        .withLimit(1L)
                        .withResourceVersion("0")
                        .build());
    }

    /** The Job of that name, made now or by a call whose answer was lost. */
    Job create(Job job) {
        try {
            return client.batch()
                    .v1()
                    .jobs()
                    .inNamespace(namespace)
                    .resource(job)
                    .create();
        } catch (KubernetesClientException e) {
            if (e.getCode() != CONFLICT) {
                throw e;
            }
            return job(job.getMetadata().getName()).orElseThrow(() -> e);
        }
    }

    void create(Secret secret) {
        try {
            var unused =
                    client.secrets().inNamespace(namespace).resource(secret).create();
        } catch (KubernetesClientException e) {
            if (e.getCode() != CONFLICT) {
                throw e;
            }
        }
    }

    /** From now on it may have a pod. */
    void release(String job) {
        mergeJob(job, new JsonObject().put("spec", new JsonObject().put("suspend", false)));
    }

    Optional<Job> job(String name) {
        return Optional.ofNullable(
                client.batch().v1().jobs().inNamespace(namespace).withName(name).get());
    }

    /** Makes an attempt, and its pods, this server's. */
    void take(AttemptName name, String server) {
        var labels = new JsonObject()
                .put("metadata", new JsonObject().put("labels", new JsonObject().put(AttemptName.SERVER, server)));
        mergeJob(name.name(), labels);
        pods(name).forEach(pod -> mergePod(pod.getMetadata().getName(), labels));
    }

    /** Of one attempt, whoever's it is. */
    List<Pod> pods(AttemptName name) {
        return client.pods()
                .inNamespace(namespace)
                .withLabels(name.own())
                .list()
                .getItems();
    }

    List<Pod> podsOf(String server) {
        return client.pods()
                .inNamespace(namespace)
                .withLabel(AttemptName.SERVER, server)
                .list()
                .getItems();
    }

    List<Job> jobsOf(String server) {
        return client.batch()
                .v1()
                .jobs()
                .inNamespace(namespace)
                .withLabel(AttemptName.SERVER, server)
                .list()
                .getItems();
    }

    /** With all that it owns; its pods get the grace that they were made with. */
    void deleteJob(String name) {
        var unused = client.batch()
                .v1()
                .jobs()
                .inNamespace(namespace)
                .withName(name)
                .withPropagationPolicy(DeletionPropagation.BACKGROUND)
                .delete();
    }

    /** A pod that is being deleted already can only be given less time. 0: it is forgotten at once. */
    void deletePod(String name, long graceSeconds) {
        var unused = client.pods()
                .inNamespace(namespace)
                .withName(name)
                .withGracePeriod(graceSeconds)
                .delete();
    }

    /**
     * Puts a file beside the program. Nodes look at Secrets now and then; a change of the pod makes them look at once.
     */
    void addFile(AttemptName name, String pod, String file, String text) {
        var data =
                new JsonObject().put(file, Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)));
        merge(core("secrets", name.files()), new JsonObject().put("data", data));
        var seen = new JsonObject().put("stationmaster.dev/" + file, "added");
        mergePod(pod, new JsonObject().put("metadata", new JsonObject().put("annotations", seen)));
    }

    private void mergeJob(String name, JsonObject change) {
        merge("apis/batch/v1/namespaces/" + namespace + "/jobs/" + name, change);
    }

    private void mergePod(String name, JsonObject change) {
        merge(core("pods", name), change);
    }

    private String core(String kind, String name) {
        return "api/v1/namespaces/" + namespace + "/" + kind + "/" + name;
    }

    /** The client's own patch reads the object first, and nobody but the nodes needs to read a Secret. */
    private void merge(String path, JsonObject change) {
        HttpClient http = client.getHttpClient();
        var request = http.newHttpRequestBuilder()
                .uri(client.getMasterUrl() + path)
                .method("PATCH", "application/merge-patch+json", change.encode())
                .build();
        try {
            HttpResponse<String> answer =
                    http.sendAsync(request, String.class).get(REQUEST.toMillis(), TimeUnit.MILLISECONDS);
            if (!answer.isSuccessful()) {
                var status = new StatusBuilder()
                        .withCode(answer.code())
                        .withMessage("PATCH " + path + ": " + answer.code() + " " + answer.body())
                        .build();
                throw new KubernetesClientException(status);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KubernetesClientException("The server was stopped.", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new KubernetesClientException("PATCH " + path + " was not answered", e);
        }
    }

    List<Node> nodes(Map<String, String> selector) {
        return client.nodes().withLabels(selector).list().getItems();
    }

    List<ResourceQuota> quotas() {
        return client.resourceQuotas().inNamespace(namespace).list().getItems();
    }

    SharedIndexInformer<Pod> watchPods(String server, ResourceEventHandler<Pod> handler) {
        return started(client.pods()
                .inNamespace(namespace)
                .withLabel(AttemptName.SERVER, server)
                .withLimit(PAGE)
                .runnableInformer(0)
                .addEventHandler(handler));
    }

    SharedIndexInformer<Job> watchJobs(String server, ResourceEventHandler<Job> handler) {
        return started(client.batch()
                .v1()
                .jobs()
                .inNamespace(namespace)
                .withLabel(AttemptName.SERVER, server)
                .withLimit(PAGE)
                .runnableInformer(0)
                .addEventHandler(handler));
    }

    /** Goes on for ever: lists, watches from there, and lists again when the cluster has forgotten that point. */
    private static <T> SharedIndexInformer<T> started(SharedIndexInformer<T> informer) {
        var unused = informer.exceptionHandler((started, error) -> true).start();
        return informer;
    }

    /**
     * One reading of a pod's log, with times. The consumer gets a next piece when it asks for it.
     *
     * @param since RFC 3339, in whole seconds; empty: from the start
     */
    CompletableFuture<HttpResponse<AsyncBody>> log(
            String pod, boolean follow, Optional<String> since, AsyncBody.Consumer<List<ByteBuffer>> consumer) {
        String uri = client.getMasterUrl() + core("pods", pod) + "/log?container="
                + PodManifest.CONTAINER + "&timestamps=true&follow=" + follow
                + since.map(at -> "&sinceTime=" + at).orElse("");
        HttpClient http = client.getHttpClient();
        return http.consumeBytes(
                http.newHttpRequestBuilder().uri(uri).forStreaming().build(), consumer);
    }

    /** Whether the cluster said no, rather than nothing. */
    static boolean refused(Throwable e) {
        return e instanceof KubernetesClientException k
                && k.getCode() >= 400
                && k.getCode() < 500
                && k.getCode() != TOO_MANY;
    }

    static String text(Throwable e) {
        String own = e instanceof KubernetesClientException k && k.getStatus() != null
                ? k.getStatus().getMessage()
                : e.getMessage();
        return String.valueOf(own).strip().lines().findFirst().orElse(e.toString());
    }

    @Override
    public void close() {
        client.close();
    }
}
