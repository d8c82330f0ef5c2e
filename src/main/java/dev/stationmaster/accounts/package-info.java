/**
 * Who may do what, and how much. Owns users, refresh_tokens, api_tokens, quotas. Publishes UserChanged, SessionEnded,
 * TokenRevoked, QuotaChanged; answers FindQuota. Serves /auth, /me, /users, /tokens, /quotas.
 */
@NullMarked
package dev.stationmaster.accounts;

import org.jspecify.annotations.NullMarked;
