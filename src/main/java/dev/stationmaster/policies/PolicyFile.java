package dev.stationmaster.policies;

/** A policy as a file has it. {@code path} is as people write it, e.g. {@code conf/policies/gpu-users.yaml}. */
record PolicyFile(String path, PolicyDraft draft) {}
