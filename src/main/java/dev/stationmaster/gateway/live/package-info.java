/**
 * WebSockets: one {@link dev.stationmaster.gateway.live.LiveHub} for each gateway event loop subscribes to JobChanged,
 * JobLog, JobMetric, JobUsage, LiveEvent, QueueChanged, AgentChanged, DeploymentChanged, ExperimentChanged and ExperimentProgress and tells
 * the sockets of that loop; SessionEnded and UserChanged close them. Asks FindSnapshot, FindDeployment, FindExperiments and FindJobAgent. Endpoints {@code /ws}, {@code /ws/{agent_id}} and the operation createWsTicket. Owns no
 * table: everything here is lost with the connection and sent anew as a snapshot.
 */
@NullMarked
package dev.stationmaster.gateway.live;

import org.jspecify.annotations.NullMarked;
