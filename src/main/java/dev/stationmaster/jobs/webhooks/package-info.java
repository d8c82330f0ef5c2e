/**
 * Tells others over HTTP when jobs change their state. Owns webhooks, webhook_cursor, webhook_deliveries and the endpoints
 * {@code /webhooks}. Reads the events of jobs, which are written with each change, up to the oldest transaction in
 * progress: none is lost at a crash, none is sent before its commit, and who writes them knows nothing of webhooks.
 * Publishes LiveEvent.
 */
@org.jspecify.annotations.NullMarked
package dev.stationmaster.jobs.webhooks;
