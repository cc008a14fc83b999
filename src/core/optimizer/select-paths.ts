/** Which of the rewrites that a search found are verified and measured: the promising few. */
import type { Catalog } from '../catalog/catalog.ts';
import { patternById } from '../patterns/library.ts';
import type { Severity } from '../patterns/pattern.ts';
import type { RewritePath } from './search.ts';

/** Candidates that are verified and measured. */
const TRIED = 3;
/** A candidate dearer than the original by this factor is not tried: the planner errs, but seldom by more. */
const DEAREST = 3;
/** … where prices are not the planner's own: they count a derived table's skipped rows as if they were joined, too. */
const DEAREST_BY_ROUGH_PRICES = 10;
/** Prices that differ by less than this share are of plans that are the same, but for details. */
const SAME_PRICE = 0.02;

/**
 * The paths worth trying. With prices: the cheapest of each kind of plan, and of those that cost the same the shortest;
 * a second plan says more than a second spelling of the first. Without: the safest bets, see {@link byPromise}.
 *
 * @param cost the original's price, null without one
 * @param options.wanted a rule that somebody asked for: the shortest path with it is among them
 * @param options.rough the prices are made of the planner's row estimates, and not its own (see `mariadb-cost.ts`)
 */
export function selectPaths(
  paths: readonly RewritePath[],
  cost: number | null,
  { wanted, rough = false }: { readonly wanted?: string | undefined; readonly rough?: boolean } = {},
): RewritePath[] {
  const selected = promising(paths, cost, rough ? DEAREST_BY_ROUGH_PRICES : DEAREST);
  const asked = paths.filter(({ patterns }) => wanted !== undefined && patterns.includes(wanted));
  const own = asked.length > 0 ? shortest(asked) : null;
  return own && !selected.includes(own) ? [...selected, own] : selected;
}

function promising(paths: readonly RewritePath[], cost: number | null, dearest: number): RewritePath[] {
  if (cost === null) return [...paths].sort(byPromise).slice(0, TRIED);
  const price = (path: RewritePath): number => path.cost ?? cost;
  const affordable = paths.filter((path) => price(path) <= cost * dearest);
  const cheapestFirst = [...affordable].sort(
    (a, b) => price(a) - price(b) || a.patterns.length - b.patterns.length,
  );
  const plans: RewritePath[][] = [];
  for (const path of cheapestFirst) {
    const last = plans.at(-1);
    const first = last?.[0];
    if (last && first && price(path) - price(first) <= SAME_PRICE * price(first)) last.push(path);
    else plans.push([path]);
  }
  const one = plans.map((alike) => shortest(alike));
  const rest = cheapestFirst.filter((path) => !one.includes(path));
  return [...one, ...rest].slice(0, TRIED).sort((a, b) => price(a) - price(b));
}

/** MariaDB tells prices from version 11 on. */
export function hasRoughPrices({ dialect, version }: Pick<Catalog, 'dialect' | 'version'>): boolean {
  return dialect === 'mariadb' && version !== null && version[0] < 11;
}

function shortest(paths: readonly RewritePath[]): RewritePath {
  return paths.reduce((best, path) => (path.patterns.length < best.patterns.length ? path : best));
}

const RANKS: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2, hint: 3 };

/**
 * Without a planner: what is proved before what needs tests, then what the library holds to matter most (its severity is
 * that of the gain where it applies), then more of such rules, then fewer rules in all.
 */
function byPromise(a: RewritePath, b: RewritePath): number {
  const needsTests = (path: RewritePath): number => (path.soundness === 'proved' ? 0 : 1);
  return needsTests(a) - needsTests(b) || weightOf(b) - weightOf(a) || a.patterns.length - b.patterns.length;
}

/** Each severity outweighs any number of the next one. */
function weightOf(path: RewritePath): number {
  return path.patterns.reduce((sum, id) => sum + 10 ** (3 - RANKS[patternById(id)?.severity ?? 'hint']), 0);
}
