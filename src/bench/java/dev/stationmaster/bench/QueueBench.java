package dev.stationmaster.bench;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Goals B1 to B4: the queue in Redis, in a process of its own ({@link QueueWorkload}), beside BullMQ where
 * {@code --node-modules} names a folder that holds it. Same Redis, taking turns.
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

    private static final Map<String, String> NAMES = Map.of(
            "enqueue", "enqueue, 100 in flight",
            "bulk", "enqueue 1000 at once",
            "process", "lease + done, 50 in flight",
            "both", "enqueue and process at once",
            "p50", "pickup on an idle queue, p50",
            "p99", "pickup on an idle queue, p99");

    private final Options options;
    private final Stores stores;
    private final Machine machine;
    private final Figures figures;

    QueueBench(Options options, Stores stores, Machine machine, Figures figures) {
        this.options = options;
        this.stores = stores;
        this.machine = machine;
        this.figures = figures;
    }

    void run() throws IOException {
        String count = Integer.toString(options.number("--jobs", 20_000));
        List<String> ours = Child.java(List.of("-Xmx512m"), QueueWorkload.class, count);
        boolean bullmq = NodePeers.has(options, "bullmq") && NodePeers.has(options, "ioredis");
        for (int i = 0; i < options.runs(); i++) {
            take("product", ours);
            if (bullmq) {
                take("BullMQ", NodePeers.command(options, "bullmq", BULLMQ, "all", count));
            }
        }
        compare("B1", "enqueue", 3);
        compare("B1", "bulk", 5);
        compare("B2", "process", 2.5);
        compare("B3", "both", 2.5);
        figures.atMost("B4", name("p50", "product"), name("p50", "BullMQ"), 0.5);
        figures.atMost("B4", name("p99", "product"), name("p99", "BullMQ"), 0.8);
        figures.note("Queue: " + count + " jobs of priorities 1 to 10 on the Redis above. graphile-worker (B2) and"
                + " pg-boss (B4) are not measured here.");
    }

    private void compare(String goal, String figure, double wanted) {
        figures.atLeast(goal, name(figure, "product"), name(figure, "BullMQ"), wanted);
    }

    private static String name(String figure, String whose) {
        return NAMES.get(figure) + ", " + whose;
    }

    private void take(String whose, List<String> command) throws IOException {
        stores.flushRedis();
        machine.quiet();
        Machine.Load before = machine.load();
        var lines = Child.run(command, Map.of("REDIS_URL", stores.redisUrl()), options.log("queue"));
        double foreign = Machine.foreign(before, machine.load());
        stores.flushRedis();
        if (lines.isEmpty()) {
            figures.note(
                    "Queue: " + whose + " failed, see " + options.log("queue").getFileName() + ".");
        }
        for (String line : lines) {
            String[] f = line.split(" ");
            if (f[0].equals("SAMPLE")) {
                String unit = f[1].startsWith("p") && f[1].length() == 3 ? "ms" : "jobs/s";
                figures.add(name(f[1], whose), unit, Double.parseDouble(f[2]), foreign);
            }
        }
    }
}
