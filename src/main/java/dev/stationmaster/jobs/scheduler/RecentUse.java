package dev.stationmaster.jobs.scheduler;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * How much of the machines each owner used lately: an exponentially decaying mean of the dominant share, which half of
 * the half-life ago weighs more than twice the half-life ago. A job is charged for {@link #entryCharge} at its admission,
 * so that a burst of short jobs can't slip in between two samples. Not thread-safe.
 */
public final class RecentUse {
    /** Below this an owner is forgotten. */
    private static final double NOTHING = 1e-6;

    private final double meanLifeSeconds;
    private final Duration entryCharge;
    /** Dominant share times seconds, decayed to {@link #at}. */
    private final Map<UUID, Double> shareSeconds = new HashMap<>();

    private Instant at;

    public RecentUse(Duration halfLife, Duration entryCharge, Instant now) {
        this.meanLifeSeconds = halfLife.toMillis() / 1000.0 / Math.log(2);
        this.entryCharge = entryCharge;
        this.at = now;
    }

    /** Lets time pass up to {@code now} while each owner held that dominant share. */
    public void pass(Instant now, Map<UUID, Double> heldShares) {
        double seconds = Duration.between(at, now).toMillis() / 1000.0;
        if (seconds <= 0) { // the clock was set back: no time passed
            return;
        }
        double decay = Math.exp(-seconds / meanLifeSeconds);
        shareSeconds.replaceAll((owner, used) -> used * decay);
        heldShares.forEach((owner, share) -> shareSeconds.merge(owner, share * seconds, Double::sum));
        shareSeconds.values().removeIf(used -> used < NOTHING);
        at = now;
    }

    /** At admission. */
    public void charge(UUID owner, double share) {
        shareSeconds.merge(owner, share * entryCharge.toMillis() / 1000.0, Double::sum);
    }

    /** The decayed mean share: what an owner held steadily for many half-lives shows as that share. */
    public double share(UUID owner) {
        return shareSeconds.getOrDefault(owner, 0.0) / meanLifeSeconds;
    }

    /** Takes over what an earlier leader knew. */
    public void restore(UUID owner, double share) {
        shareSeconds.put(owner, share * meanLifeSeconds);
    }

    public Map<UUID, Double> shares() {
        Map<UUID, Double> shares = new HashMap<>();
        shareSeconds.forEach((owner, used) -> shares.put(owner, used / meanLifeSeconds));
        return shares;
    }
}
