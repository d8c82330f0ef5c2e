package dev.stationmaster.bench;

/** Durable queues of the Node world, on PostgreSQL as the server's table is. Each prints {@code SAMPLE name value}. */
final class PostgresPeers {
    /**
     * Arguments: packages, how many. A job counts as done when its row is gone, as ours counts when its lease is
     * released.
     */
    static final String GRAPHILE = """
            const { createRequire } = require('node:module');
            const [modules, count] = process.argv.slice(2);
            const load = createRequire(modules + '/');
            const { run, makeWorkerUtils, Logger } = load('graphile-worker');
            const { Pool } = load('pg');
            const n = Math.max(1, Math.floor(+count / 1000)) * 1000, payload = { k: 'x'.repeat(90) };
            const pgPool = new Pool({ connectionString: process.env.DATABASE_URL, max: 20 });
            const logger = new Logger(() => () => {});
            const preset = { worker: { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } };
            const micros = () => Number(process.hrtime.bigint()) / 1e3;
            const say = (name, value) => console.log('SAMPLE', name, value.toFixed(1));
            async function add(utils, n) {
              for (let i = 0; i < n; i += 1000) {
                await utils.addJobs(Array.from({ length: 1000 },
                  () => ({ identifier: 'j', payload, priority: 1 + Math.floor(Math.random() * 10) })));
              }
            }
            async function drain(n) {
              let begun = 0, from = 0, all;
              const everyOne = new Promise((resolve) => { all = resolve; });
              const j = async () => { from ||= micros(); if (++begun === n) all(); };
              const runner = await run({ pgPool, logger, preset, noHandleSignals: true, concurrency: 50, taskList: { j } });
              await everyOne;
              while ((await pgPool.query('SELECT 1 FROM graphile_worker.jobs LIMIT 1')).rowCount > 0);
              const rate = n / ((micros() - from) / 1e6);
              await runner.stop();
              return rate;
            }
            async function main() {
              const utils = await makeWorkerUtils({ pgPool, logger });
              await utils.migrate();
              await add(utils, 2000);
              await drain(2000);
              const from = micros();
              await add(utils, n);
              say('durablebulk', n / ((micros() - from) / 1e6));
              say('process', await drain(n));
              process.exit(0);
            }
            main().catch((error) => { console.error(error); process.exit(1); });
            """;

    /** Arguments: packages, {@code send} or {@code pickup}, how many. It polls, at its shortest every 0.5 s. */
    static final String PG_BOSS = """
            const { createRequire } = require('node:module');
            const [modules, mode, count] = process.argv.slice(2);
            const found = createRequire(modules + '/')('pg-boss');
            const PgBoss = found.PgBoss ?? found.default ?? found;
            const boss = new PgBoss({ connectionString: process.env.DATABASE_URL, max: 16 });
            boss.on('error', (error) => console.error(error));
            const data = { k: 'x'.repeat(90) };
            const micros = () => Number(process.hrtime.bigint()) / 1e3;
            const say = (name, value) => console.log('SAMPLE', name, value.toFixed(1));
            async function send(n) {
              let i = 0;
              const from = micros();
              await Promise.all(Array.from({ length: 100 }, async () => {
                while (i++ < n) await boss.send('bench', data, { priority: 1 + Math.floor(Math.random() * 10) });
              }));
              return n / ((micros() - from) / 1e6);
            }
            async function pickup(n) {
              const delays = [];
              let all;
              const everyOne = new Promise((resolve) => { all = resolve; });
              await boss.work('bench', { pollingIntervalSeconds: 0.5, batchSize: 50 }, async (jobs) => {
                for (const job of jobs) delays.push(micros() - job.data.t);
                if (delays.length === n) all();
              });
              for (let i = 0; i < n; i++) {
                await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 100));
                await boss.send('bench', { t: micros() });
              }
              await everyOne;
              return delays.sort((a, b) => a - b);
            }
            async function main() {
              await boss.start();
              await boss.createQueue('bench');
              if (mode === 'send') {
                await send(500);
                say('send', await send(+count));
              } else {
                const delays = await pickup(+count);
                say('p50', delays[Math.floor(delays.length * 0.5)] / 1e3);
                say('p99', delays[Math.floor(delays.length * 0.99)] / 1e3);
              }
              process.exit(0);
            }
            main().catch((error) => { console.error(error); process.exit(1); });
            """;

    private PostgresPeers() {}
}
