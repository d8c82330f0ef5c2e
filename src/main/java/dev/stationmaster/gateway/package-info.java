/**
 * HTTP in and out: the contract router, sign-in checks, WebSockets, dashboard files, /metrics, /health. Owns no table;
 * knows features only through the routes and messages handed to it.
 */
@NullMarked
package dev.stationmaster.gateway;

import org.jspecify.annotations.NullMarked;
