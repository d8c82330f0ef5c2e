/**
 * What running costs. Owns cost_ledger, spend, spend_by_day; reads agents.budget_nanos and quotas.budget_nanos. Answers
 * ChargeUsage, FindSpend, FindSpendSummary, FindExhausted; publishes BudgetCrossed.
 */
@NullMarked
package dev.stationmaster.costs;

import org.jspecify.annotations.NullMarked;
