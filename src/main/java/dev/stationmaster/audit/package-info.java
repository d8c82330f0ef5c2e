/**
 * The record of who changed what. Reads audit_log and audit_head, which {@code platform.db.AuditTrail} writes inside each
 * feature's transactions. Serves /audit and /audit/verify; no messages.
 */
@NullMarked
package dev.stationmaster.audit;

import org.jspecify.annotations.NullMarked;
