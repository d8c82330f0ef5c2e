/**
 * Safety policies: rules in CEL that agents and jobs must keep, who broke them, and who breaks them now. Owns policies and
 * policy_violations. Publishes PoliciesEdited, PoliciesLoaded; answers CheckJob, CheckAgent, FindPolicyState,
 * ReloadPolicies, RecordAccepted. Asks accounts (FindUser), agents (FindAgents, FindAgentVersion), jobs (FindJobs) and
 * costs (FindHourlyCost). Serves /policies and /compliance.
 */
@NullMarked
package dev.stationmaster.policies;

import org.jspecify.annotations.NullMarked;
