package dev.stationmaster.policies;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.policies.PolicyStore.FileChanges;
import io.vertx.core.Future;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the stored policies of files say what the files say: new and changed ones are written, those without a file are
 * deleted. A file takes a name over that the API used. A server without a policy folder changes nothing: a lost folder
 * must not lift rules. Done again it changes nothing. Only the leader calls it.
 */
final class FileSync {
    private static final Logger LOG = LoggerFactory.getLogger(FileSync.class);
    private static final String ACTOR = "system";

    private final PoliciesSettings settings;
    private final PolicyStore store;
    private final Clock clock;

    FileSync(PoliciesSettings settings, PolicyStore store, Clock clock) {
        this.settings = settings;
        this.store = store;
        this.clock = clock;
    }

    /** How many policies changed. */
    Future<Integer> run() {
        if (!settings.folderExists()) {
            return Future.succeededFuture(0);
        }
        return store.sync(this::decide).onSuccess(count -> {
            if (count > 0) {
                LOG.info("{} policies were written from their files", count);
            }
        });
    }

    private FileChanges decide(List<Policy> stored) {
        Map<String, Policy> byName = new HashMap<>();
        stored.forEach(policy -> byName.put(policy.name(), policy));
        var changes = new FileChanges(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        OffsetDateTime now = clock.utc();
        for (PolicyFile file : settings.files()) {
            Policy before = byName.remove(file.draft().name());
            if (before == null) {
                var made = new Policy(Ids.next(), file.draft(), file.path(), 1, ACTOR, now, now);
                changes.inserts().add(made);
                changes.entries().add(entry("policy.create", null, made));
            } else if (!before.draft().equals(file.draft()) || !file.path().equals(before.file())) {
                var after = new Policy(
                        before.id(),
                        file.draft(),
                        file.path(),
                        before.version() + 1,
                        before.createdBy(),
                        before.createdAt(),
                        now);
                changes.updates().add(after);
                changes.entries().add(entry("policy.update", before, after));
            }
        }
        byName.values().stream().filter(left -> left.file() != null).forEach(gone -> {
            changes.deletes().add(gone);
            changes.entries().add(entry("policy.delete", gone, null));
        });
        return changes;
    }

    private static AuditEntry entry(String action, @Nullable Policy before, @Nullable Policy after) {
        Policy any = after == null ? before : after;
        return new AuditEntry(
                ACTOR,
                action,
                "policy/" + (any == null ? "" : any.name()),
                before == null ? null : before.toJson().encode(),
                after == null ? null : after.toJson().encode(),
                null);
    }
}
