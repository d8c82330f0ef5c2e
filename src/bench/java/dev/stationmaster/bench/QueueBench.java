package dev.stationmaster.bench;

import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/**
 * Goals B1 to B4: the queue in Redis, in a process of its own ({@link QueueWorkload}), beside BullMQ on the same Redis and
 * graphile-worker and pg-boss on PostgreSQL ({@link PostgresPeers}), as far as {@code --node-modules} has them; taking
 * turns.
 */
final class QueueBench {
    private static final String BULLMQ = """
            const { createRequire } = require('node:module');
            const { fork } = require('node:child_process');
            const [modules, mode, count] = process.argv.slice(2);
            const { Queue, Worker } = createRequire(modules + '/')('bullmq');
            const url = new URL(process.env.REDIS_URL);
            const connection = {
              host: url.hostname, port: +url.port, password: url.password || undefined, maxRetriesPerRequest: null,
            };
            const queue = new Queue('bench', {
              connection, defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
            });
            const n = +count, data = { k: 'x'.repeat(90) };
            const priority = () => 1 + Math.floor(Math.random() * 10);
            const micros = () => Number(process.hrtime.bigint()) / 1e3;
            const say = (name, value) => console.log('SAMPLE', name, value.toFixed(1));
            const empty = () => queue.obliterate({ force: true });
            async function add(n) {
              let i = 0;
              await Promise.all(Array.from({ length: 100 }, async () => {
                while (i++ < n) await queue.add('j', data, { priority: priority() });
              }));
            }
            async function bulk(n) {
              for (let i = 0; i < n; i += 1000) {
                await queue.addBulk(Array.from({ length: 1000 },
                  () => ({ name: 'j', data, opts: { priority: priority() } })));
              }
            }
            function drain(n) {
              return new Promise((resolve) => {
                let done = 0, from = 0;
                const worker = new Worker('bench', async () => { from ||= micros(); }, { connection, concurrency: 50 });
                worker.on('completed', async () => {
                  if (++done === n) {
                    const rate = n / ((micros() - from) / 1e6);
                    await worker.close();
                    resolve(rate);
                  }
                });
              });
            }
            async function timed(n, work) {
              const from = micros();
              await work(n);
              return n / ((micros() - from) / 1e6);
            }
            async function main() {
              if (mode === 'producer') { await add(n); process.exit(0); }
              await empty();
              await add(2000); await empty();
              say('enqueue', await timed(n, add)); await empty();
              say('bulk', await timed(2 * n, bulk)); await empty();
              await bulk(n);
              say('process', await drain(n));
              fork(process.argv[1], [modules, 'producer', String(n)]);
              say('both', await drain(n));
              const delays = [];
              const worker = new Worker('bench', async (j) => { delays.push(micros() - j.data.t); },
                { connection, concurrency: 50 });
              await worker.waitUntilReady();
              for (let i = 0; i < 400; i++) {
                await new Promise((r) => setTimeout(r, 10));
                queue.add('j', { t: micros() }, { priority: 5 });
              }
              await new Promise((r) => setTimeout(r, 500));
              const sorted = delays.slice(100).sort((a, b) => a - b);
              say('p50', sorted[Math.floor(sorted.length * 0.5)] / 1e3);
              say('p99', sorted[Math.floor(sorted.length * 0.99)] / 1e3);
              process.exit(0);
            }
            main();
            """;

    private static final int PICKUPS = 60;

    private final Options options;
    private final Stores stores;
    private final Figures figures;
    private final Sampler sampler;

    QueueBench(Options options, Stores stores, Machine machine, Figures figures) {
        this.options = options;
        this.stores = stores;
        this.figures = figures;
        this.sampler = new Sampler(options, stores, machine, figures);
    }

    void run() throws IOException, SQLException {
        String count = Integer.toString(options.number("--jobs", 20_000));
        List<String> ours = Child.java(List.of("-Xmx512m"), QueueWorkload.class, count);
        boolean bullmq = NodePeers.wanted(options, figures, "bullmq", "ioredis");
        boolean graphile = NodePeers.wanted(options, figures, "graphile-worker", "pg");
        boolean boss = NodePeers.wanted(options, figures, "pg-boss");
        for (int i = 0; i < options.runs(); i++) {
            onRedis("product", ours);
            if (bullmq) {
                onRedis("BullMQ", NodePeers.command(options, "bullmq", BULLMQ, "all", count));
            }
            if (graphile) {
                onPostgres("graphile-worker", NodePeers.command(options, "graphile", PostgresPeers.GRAPHILE, count));
            }
            if (boss) {
                onPostgres(
                        "pg-boss",
                        NodePeers.command(
                                options, "pg-boss", PostgresPeers.PG_BOSS, "pickup", Integer.toString(PICKUPS)));
            }
        }
        compare("B1", "enqueue", 3);
        compare("B1", "bulk", 5);
        compare("B2", "process", 2.5);
        figures.atLeast("B2", name("process", "product"), name("process", "graphile-worker"), 1.2);
        compare("B3", "both", 2.5);
        figures.atMost("B4", name("p50", "product"), name("p50", "BullMQ"), 0.5);
        figures.atMost("B4", name("p99", "product"), name("p99", "BullMQ"), 0.8);
        figures.atMost("B4", name("p50", "product"), name("p50", "pg-boss"), 0.01);
        figures.note(
                "Queue: " + count + " jobs of priorities 1 to 10. The product's index and BullMQ are in Redis and not"
                        + " durable by themselves; graphile-worker (local queue 500) and pg-boss (polling every 0.5 s) are in"
                        + " PostgreSQL and durable.");
    }

    private void compare(String goal, String figure, double wanted) {
        figures.atLeast(goal, name(figure, "product"), name(figure, "BullMQ"), wanted);
    }

    private static String name(String figure, String whose) {
        return Sampler.name(figure, whose);
    }

    private void onRedis(String whose, List<String> command) throws IOException {
        stores.flushRedis();
        sampler.take(whose, command, Map.of());
        stores.flushRedis();
    }

    private void onPostgres(String whose, List<String> command) throws IOException, SQLException {
        sampler.take(whose, command, Map.of("DATABASE_URL", stores.freshDatabase("bench_peer")));
    }
}
