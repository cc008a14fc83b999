import type { Pattern } from '../pattern.ts';
import { funnelSelfJoin } from './funnel.ts';
import { latestByGroupedJoin } from './latest-row.ts';
import { previousRowToLag } from './previous-row.ts';
import { crossTenantJoin, impliedTenantJoin, missingTenantPredicate, tenantNotLeading } from './saas.ts';
import { currentPriceOfOrder, unguardedDecrement, unguardedLimit } from './shop.ts';
import { bucketJoin, missingPartitionBound, retentionDelete } from './time-series.ts';

/** Patterns of certain kinds of application: shops, analytics, software for many tenants, time series. */
export const industryPatterns: readonly Pattern[] = [
  funnelSelfJoin,
  previousRowToLag,
  latestByGroupedJoin,
  bucketJoin,
  missingPartitionBound,
  retentionDelete,
  impliedTenantJoin,
  crossTenantJoin,
  missingTenantPredicate,
  tenantNotLeading,
  unguardedDecrement,
  unguardedLimit,
  currentPriceOfOrder,
];
