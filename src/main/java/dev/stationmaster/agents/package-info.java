/**
 * Agents, their immutable versions and their secrets. Owns agents, agent_versions, agent_secrets. Publishes
 * AgentChanged; answers FindAgent, FindSecrets. Asks jobs (CountActiveJobs) before a delete. Serves /agents.
 */
@NullMarked
package dev.stationmaster.agents;

import org.jspecify.annotations.NullMarked;
