/**
 * Agents that stay up: deployments, their revisions and replicas, and policies that scale them. A replica is a job of the
 * kind service; the leader owns what shall be and starts, replaces and drains replicas until it is so. Owns deployments,
 * deployment_*, scaling_*. Publishes DeploymentChanged; asks jobs to submit, find and cancel services; hears JobHealth
 * and JobChanged. Serves /agents/{agent_id}/deployment…, …/scaling.
 */
@NullMarked
package dev.stationmaster.agents.deployments;

import org.jspecify.annotations.NullMarked;
