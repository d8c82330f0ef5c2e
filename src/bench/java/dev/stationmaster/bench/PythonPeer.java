package dev.stationmaster.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A server of the Python world to compare with: FastAPI on uvicorn, asyncpg and PyJWT, with the workers it is told. */
final class PythonPeer {
    static final String WANTED = "python3 with fastapi, uvicorn, asyncpg and jwt";

    private static final String MODULE = "fastapi_peer";
    private static final String FASTAPI = """
            import json, os, sys
            import asyncpg, jwt, uvicorn
            from fastapi import Depends, FastAPI, HTTPException, Request
            from fastapi.responses import JSONResponse
            from pydantic import BaseModel

            app = FastAPI()
            secret = os.environ["BENCH_SECRET"]
            note, padding = "x" * 140, "x" * 179
            insert = ("INSERT INTO reference_jobs (tenant, priority, state, payload) "
                      "VALUES ($1, $2, 'queued', $3) RETURNING id")

            class NewJob(BaseModel):
                tenant: str
                priority: int
                payload: dict

            @app.on_event("startup")
            async def connect():
                app.state.pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=8, max_size=8)
                print("READY", flush=True)

            def caller(request: Request):
                kind, _, token = request.headers.get("authorization", "").partition(" ")
                try:
                    return jwt.decode(token, secret, algorithms=["HS256"])
                except jwt.PyJWTError:
                    raise HTTPException(status_code=401)

            async def signed_in(request: Request):  # async, so that it needs no thread
                return caller(request)

            @app.get("/jwt")
            async def look(claims: dict = Depends(signed_in)):
                return {"ok": True, "note": padding}

            @app.post("/jobs")
            async def create(job: NewJob, claims: dict = Depends(signed_in)):
                number = await app.state.pool.fetchval(insert, job.tenant, job.priority, json.dumps(job.payload))
                answer = {"id": number, "state": "queued", "priority": job.priority, "note": note}
                return JSONResponse(answer, status_code=201)

            if __name__ == "__main__":
                uvicorn.run("fastapi_peer:app", host="127.0.0.1", port=int(sys.argv[1]), workers=int(sys.argv[2]),
                            access_log=False, log_level="warning")
            """;
    /** Prints nothing where something is missing. uvicorn takes uvloop and httptools where it finds them. */
    private static final String ASK = """
            import importlib.util, platform
            import asyncpg, fastapi, jwt, uvicorn
            fast = [m for m in ("uvloop", "httptools") if importlib.util.find_spec(m)]
            print("Python", platform.python_version(), "FastAPI", fastapi.__version__, "uvicorn", uvicorn.__version__,
                  "asyncpg", asyncpg.__version__, "PyJWT", jwt.__version__, "with", " and ".join(fast) or "asyncio and h11")
            """;

    private final String python;
    private final String versions;

    private PythonPeer(String python, String versions) {
        this.python = python;
        this.versions = versions;
    }

    /** The first interpreter that has all: {@code --python}, else that on the path, else the system's own. */
    static Optional<PythonPeer> find(Options options) throws IOException {
        String given = options.text("--python", "");
        for (String python : given.isEmpty() ? List.of("python3", "/usr/bin/python3") : List.of(given)) {
            if (!Child.installed(python)) {
                continue;
            }
            List<String> said = Child.run(List.of(python, "-c", ASK), Map.of(), options.log("python"));
            if (!said.isEmpty()) {
                return Optional.of(new PythonPeer(python, said.get(0)));
            }
        }
        return Optional.empty();
    }

    String versions() {
        return versions;
    }

    Child start(Options options, int port, int workers, Map<String, String> environment) throws IOException {
        Path file = options.work().resolve(MODULE + ".py");
        Files.writeString(file, FASTAPI);
        return Child.ready(
                List.of(python, file.toString(), Integer.toString(port), Integer.toString(workers)),
                environment,
                options.log("fastapi"));
    }
}
