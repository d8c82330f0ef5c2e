package dev.stationmaster.jobs.scheduler;

/**
 * One runner of one server.
 *
 * @param worker the server
 * @param capacity all it has
 * @param free what is not in use; jobs: how many more may run there
 */
public record Node(String worker, String runner, Amounts capacity, Amounts free) {}
