package dev.stationmaster.testing.kubernetes;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/**
 * A Kubernetes API server in memory with the controllers that matter: Jobs get pods, what a deleted Job owned goes, pods end in
 * their grace. Lists, watches (with bookmarks and 410 Gone), merge patches, deletions and logs answer as the real one does; the tests play
 * the nodes by {@link FakePod}. It can be silent, and it notes what was asked of it.
 */
public final class FakeCluster implements AutoCloseable {
    public static final String NAMESPACE = "training";

    final ObjectStore store = new ObjectStore();
    private final Map<String, FakePod> pods = new ConcurrentHashMap<>();
    private final Set<String> used = new ConcurrentSkipListSet<>();
    private final Set<String> forbidden = new ConcurrentSkipListSet<>();
    private final AtomicInteger serial = new AtomicInteger();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(work -> {
        var thread = new Thread(work, "fake-kubelet");
        thread.setDaemon(true);
        return thread;
    });
    private final FakeClusterHttp http;

    public FakeCluster() {
        http = new FakeClusterHttp(this);
        http.start(0);
        node("node-1", "16", "64Gi", 4);
    }

    /** A file that leads a client here. */
    public Path kubeconfig(Path folder) {
        String yaml = """
                apiVersion: v1
                kind: Config
                current-context: fake
                clusters: [{name: fake, cluster: {server: "http://127.0.0.1:%d"}}]
                users: [{name: fake, user: {token: secret}}]
                contexts: [{name: fake, context: {cluster: fake, user: fake, namespace: %s}}]
                """.formatted(http.port(), NAMESPACE);
        try {
            return Files.writeString(folder.resolve("kubeconfig-" + http.port()), yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void node(String name, String cpu, String memory, int gpus) {
        store.create(
                "nodes",
                new JsonObject()
                        .put("metadata", new JsonObject().put("name", name).put("labels", new JsonObject()))
                        .put("spec", new JsonObject())
                        .put(
                                "status",
                                new JsonObject()
                                        .put(
                                                "allocatable",
                                                new JsonObject()
                                                        .put("cpu", cpu)
                                                        .put("memory", memory)
                                                        .put("nvidia.com/gpu", Integer.toString(gpus)))
                                        .put(
                                                "conditions",
                                                new JsonArray()
                                                        .add(new JsonObject()
                                                                .put("type", "Ready")
                                                                .put("status", "True")))));
    }

    public void cordon(String node) {
        store.change("nodes", node, n -> n.getJsonObject("spec").put("unschedulable", true));
    }

    public void quota(Map<String, Object> hard) {
        store.create(
                "resourcequotas",
                new JsonObject()
                        .put("metadata", new JsonObject().put("name", "q" + serial.incrementAndGet()))
                        .put("spec", new JsonObject().put("hard", new JsonObject(hard))));
    }

    /** The pod of a job, once there is one that is not being deleted. */
    public FakePod podOf(String jobId) {
        return Awaitility.await("a pod of " + jobId)
                .atMost(Duration.ofSeconds(30))
                .until(
                        () -> store.list("pods").stream()
                                .filter(pod ->
                                        label(pod, "stationmaster.dev/job").equals(jobId))
                                .filter(pod -> !pod.getJsonObject("metadata").containsKey("deletionTimestamp"))
                                .filter(pod -> !pods.get(nameOf(pod)).isLogOver())
                                .findFirst()
                                .map(pod -> pods.get(nameOf(pod)))
                                .orElse(null),
                        found -> found != null);
    }

    public List<JsonObject> objects(String kind) {
        return store.list(kind);
    }

    public JsonObject create(String kind, JsonObject object) {
        return store.create(kind, object).orElseThrow();
    }

    /** As kubectl would. */
    public void delete(String kind, String name) {
        if (kind.equals("pods")) {
            deletePod(name, 30);
        } else {
            deleteJob(name);
        }
    }

    /** All verbs with their resources that were asked for. */
    public Set<String> used() {
        return used;
    }

    void using(String verb, String resource) {
        used.add(verb + " " + resource);
    }

    /** From now on such resources are refused. */
    public void forbid(String resource) {
        forbidden.add(resource);
    }

    boolean isForbidden(String resource) {
        return forbidden.contains(resource);
    }

    /** Nothing answers any more; what runs goes on. */
    public void down() {
        http.stop();
    }

    public void up() {
        http.start(http.port());
    }

    /** Ends all watches and log readings, as a proxy or a restarted API server does. */
    public void cutConnections() {
        down();
        up();
    }

    /** Watches must begin anew. */
    public void forgetHistory() {
        store.forgetHistory();
    }

    FakePod pod(String name) {
        return pods.get(name);
    }

    static String label(JsonObject object, String name) {
        return object.getJsonObject("metadata")
                .getJsonObject("labels", new JsonObject())
                .getString(name, "");
    }

    private static String nameOf(JsonObject object) {
        return object.getJsonObject("metadata").getString("name");
    }

    /** What the controllers do after a change of a Job. */
    void control(String name) {
        JsonObject job = store.get("jobs", name).orElse(null);
        if (job != null
                && !job.getJsonObject("spec").getBoolean("suspend", false)
                && job.getJsonObject("status").isEmpty()) {
            makePod(job, job.getJsonObject("metadata").getString("uid"));
        }
    }

    private void makePod(JsonObject job, String uid) {
        JsonObject template =
                job.getJsonObject("spec").getJsonObject("template").copy();
        String name = nameOf(job) + "-" + Integer.toString(46_656 + serial.incrementAndGet(), 36);
        template.getJsonObject("metadata")
                .put("name", name)
                .put("namespace", NAMESPACE)
                .put(
                        "ownerReferences",
                        new JsonArray()
                                .add(new JsonObject()
                                        .put("apiVersion", "batch/v1")
                                        .put("kind", "Job")
                                        .put("name", nameOf(job))
                                        .put("uid", uid)
                                        .put("controller", true)));
        pods.put(name, new FakePod(store, name));
        store.create("pods", template.put("status", new JsonObject().put("phase", "Pending")));
        store.change("jobs", nameOf(job), j -> j.getJsonObject("status")
                .put("startTime", ObjectStore.now())
                .put("active", 1));
    }

    void deleteJob(String name) {
        store.delete("jobs", name).ifPresent(job -> {
            String uid = job.getJsonObject("metadata").getString("uid");
            for (JsonObject secret : store.list("secrets")) {
                if (ObjectStore.isOwned(secret, uid)) {
                    store.delete("secrets", nameOf(secret));
                }
            }
            for (JsonObject pod : store.list("pods")) {
                if (ObjectStore.isOwned(pod, uid)) {
                    deletePod(nameOf(pod), pod.getJsonObject("spec").getLong("terminationGracePeriodSeconds", 30L));
                }
            }
        });
    }

    /** SIGTERM, and SIGKILL after the grace; a deletion that is under way can only be given less. */
    void deletePod(String name, long grace) {
        FakePod fake = pods.get(name);
        JsonObject pod = store.get("pods", name).orElse(null);
        if (pod == null) {
            return;
        }
        boolean works = pod.getJsonObject("spec").containsKey("nodeName") && !fake.isLogOver();
        if (grace == 0 || !works) {
            fake.logEnds();
            store.delete("pods", name);
            return;
        }
        store.change("pods", name, p -> {
            JsonObject metadata = p.getJsonObject("metadata");
            if (metadata.getLong("deletionGracePeriodSeconds", Long.MAX_VALUE) > grace) {
                metadata.put(
                                "deletionTimestamp",
                                Instant.now()
                                        .plusSeconds(grace)
                                        .truncatedTo(ChronoUnit.SECONDS)
                                        .toString())
                        .put("deletionGracePeriodSeconds", grace);
            }
        });
        var unused = timer.schedule(
                () -> {
                    if (store.get("pods", name).isPresent() && fake.hasStarted()) {
                        fake.exits(fake.ignoresSigterm() ? 137 : 143);
                    }
                    store.delete("pods", name);
                },
                fake.ignoresSigterm() ? grace * 1000 : 10,
                TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        http.stop();
        timer.shutdownNow();
    }
}
