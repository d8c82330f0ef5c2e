/**
 * Runs attempts as Jobs of a Kubernetes cluster. Owns the Jobs that carry this server's label, with their pods and Secrets;
 * talks to the cluster by fabric8's client: two watches for all of it, one connection for each pod's log, no thread of
 * its own for any of them.
 */
@NullMarked
package dev.stationmaster.jobs.runner.kubernetes;

import org.jspecify.annotations.NullMarked;
