package dev.stationmaster.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Servers and workers of the Node world to compare with, written to the run's folder. */
final class NodePeers {
    /** Two workers, as the server has two event loops. */
    static final String FASTIFY = """
            const cluster = require('node:cluster');
            const { createRequire } = require('node:module');
            const [modules, port, workers] = process.argv.slice(2);
            if (cluster.isPrimary) {
              let ready = 0;
              cluster.on('message', () => { if (++ready === +workers) console.log('READY'); });
              for (let i = 0; i < +workers; i++) cluster.fork();
              process.on('SIGTERM', () => {
                Object.values(cluster.workers).forEach((w) => w.process.kill());
                process.exit(0);
              });
            } else {
              const load = createRequire(modules + '/');
              const app = load('fastify')();
              const pool = new (load('pg').Pool)({ connectionString: process.env.DATABASE_URL, max: 8 });
              app.register(load('@fastify/jwt'), { secret: process.env.BENCH_SECRET });
              const onRequest = async (request) => { await request.jwtVerify(); };
              const note = 'x'.repeat(140);
              const body = {
                type: 'object',
                required: ['tenant', 'priority', 'payload'],
                properties: { tenant: { type: 'string' }, priority: { type: 'integer' }, payload: { type: 'object' } },
              };
              app.get('/jwt', { onRequest }, async () => ({ ok: true, note: 'x'.repeat(179) }));
              app.post('/jobs', { onRequest, schema: { body } }, async (request, reply) => {
                const { tenant, priority, payload } = request.body;
                const found = await pool.query({
                  name: 'insert',
                  text: "INSERT INTO reference_jobs (tenant, priority, state, payload) "
                    + "VALUES ($1, $2, 'queued', $3) RETURNING id",
                  values: [tenant, priority, payload],
                });
                reply.code(201);
                return { id: Number(found.rows[0].id), state: 'queued', priority, note };
              });
              app.listen({ host: '127.0.0.1', port: +port }).then(() => process.send('ready'));
            }
            """;

    private NodePeers() {}

    /** Whether the folder of {@code --node-modules} holds a package. */
    static boolean has(Options options, String name) {
        String modules = options.text("--node-modules", "");
        return !modules.isEmpty() && Files.isDirectory(Path.of(modules, name)) && Child.installed("node");
    }

    /** As {@link #has} for all of them; says what is missing. */
    static boolean wanted(Options options, Figures figures, String... names) {
        for (String name : names) {
            if (!has(options, name)) {
                figures.missing(names[0] + ", because "
                        + (!Child.installed("node")
                                ? "node is not installed."
                                : "the folder of --node-modules does not hold " + name + "."));
                return false;
            }
        }
        return true;
    }

    /** The command that runs a script; its first argument is the folder with the packages. */
    static List<String> command(Options options, String name, String script, String... args) throws IOException {
        Path file = options.work().resolve(name + ".cjs");
        Files.writeString(file, script);
        var command = new java.util.ArrayList<>(List.of(
                "node",
                file.toString(),
                Path.of(options.text("--node-modules", "")).toAbsolutePath().toString()));
        command.addAll(List.of(args));
        return command;
    }
}
