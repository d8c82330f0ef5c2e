/**
 * What running costs. Owns cost_ledger, spend, spend_by_day, spend_by_period, budgets and the endpoints {@code /budgets};
 * reads agents.budget_nanos and quotas.budget_nanos, and the names of users, agents and queues. Answers ChargeUsage,
 * FindSpend, FindSpendSummary, FindExhausted, FindHourlyCost; publishes BudgetCrossed, BudgetsChanged.
 */
@NullMarked
package dev.stationmaster.costs;

import org.jspecify.annotations.NullMarked;
