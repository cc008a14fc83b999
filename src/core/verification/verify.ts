/**
 * Is a candidate the same statement? Cheap gates first, then the user's data, then generated databases. A rule's
 * proof is never taken alone when there is something to compare on: a rule can be wrong too.
 */
import {
  type CallOptions,
  type Database,
  DatabaseError,
  type QueryResult,
  type ReadOnlySession,
  type ScratchDatabase,
} from '../database.ts';
import { needsValues } from '../optimizer/assumed-values.ts';
import { canonicalText } from '../optimizer/canonical.ts';
import { planSignature } from '../plans/plan-signature.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import { writes } from '../sql/statement-facts.ts';
import { compareColumns } from './compare-results.ts';
import type { Counterexample, Evidence, EvidenceLevel } from './evidence.ts';
import { compareLive, type LiveComparison } from './live-comparison.ts';
import { parameterKeys } from './search/pair.ts';
import { type SearchOptions, type SearchResult, searchCounterexample } from './search/search.ts';
import { compareStructure } from './structure.ts';

/** What the rules that made a candidate say of themselves. */
export interface Proof {
  /** 'proved': sound, and every precondition holds in the catalog; 'likely': something could not be read; 'none': no rule */
  readonly soundness: 'proved' | 'likely' | 'none';
  readonly assumptions: readonly string[];
}

export interface VerifyRequest {
  readonly original: AnalyzedStatement;
  readonly candidate: AnalyzedStatement;
  readonly proof: Proof;
  /** the user's database, for a comparison on its data; null without a connection */
  readonly database: Database | null;
  /** a private database of the statements' dialect for generated data; the caller opens it once and closes it. Null: none */
  readonly scratch: (() => Promise<ScratchDatabase>) | null;
  /** milliseconds that one statement may take on the user's data */
  readonly timeoutMs: number;
  /** bounds of the counterexample search */
  readonly search?: Omit<SearchOptions, 'signal'> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type Verdict =
  | { readonly outcome: 'accepted'; readonly evidence: Evidence; readonly ordered: boolean }
  | {
      readonly outcome: 'refuted';
      readonly counterexample: Counterexample;
      /** the rules said that it was proved: a rule is wrong, or the catalog is */
      readonly contradictsProof: boolean;
      readonly databases: number;
      readonly rowsCompared: number;
    }
  /** nothing speaks for it: the evidence is 'unverified', its assumptions say why */
  | { readonly outcome: 'unknown'; readonly evidence: Evidence; readonly reason: string };

/** Generated databases on which rows reached the output, at least, before they count as a test. */
const ENOUGH_REACHED = 10;

const SAME_TEXT = 'They are the same statement: only white space, comments and the case of keywords differ.';

/** A proof is there already: the search is a second look. */
const SECOND_CHECK: SearchOptions = { databases: 160, budgetMs: 2000 };

/** Originals that did not end in time on the user's data: they are not tried again for each candidate. */
const slowOriginals = new WeakMap<AnalyzedStatement, LiveComparison>();

/**
 * Verify one candidate.
 *
 * @returns 'refuted' with a counterexample; 'accepted' with the level of evidence; 'unknown' with the reason
 * @throws DatabaseError 'cancelled', or 'connectionLost' of the user's database
 */
export async function verifyCandidate(request: VerifyRequest): Promise<Verdict> {
  const { original, candidate, proof } = request;
  const refuted = (counterexample: Counterexample, databases = 0, rowsCompared = 0): Verdict => ({
    outcome: 'refuted',
    counterexample,
    contradictsProof: proof.soundness === 'proved',
    databases,
    rowsCompared,
  });
  if (canonicalText(original.text, original.dialect) === canonicalText(candidate.text, candidate.dialect)) {
    return conclude({ soundness: 'proved', assumptions: [SAME_TEXT] }, null, null);
  }
  const structure = compareStructure(original, candidate);
  if (structure.verdict === 'different') return refuted(structure.counterexample);
  if (structure.verdict === 'unknown') return conclude(proof, unknownLive(structure.message), null);
  // generated databases first: they are quicker than most live statements and refute most wrong rewrites
  const tested = await search(request);
  if (tested?.verdict === 'refuted') {
    return refuted(tested.counterexample, tested.databases, tested.rowsCompared);
  }
  const live = await compareOnData(request);
  if (live?.verdict === 'different') return refuted(live.counterexample);
  if (live?.verdict === 'samePlan') {
    const assumptions = [...proof.assumptions, SAME_PLAN];
    return conclude({ soundness: 'proved', assumptions }, null, tested);
  }
  return conclude(proof, live, tested);
}

async function search(request: VerifyRequest): Promise<SearchResult | null> {
  const { original, candidate, scratch, signal } = request;
  if (!scratch || original.dialect === 'tsql') return null;
  try {
    const opened = await scratch();
    if (opened.dialect !== original.dialect) return null;
    const bounds = request.proof.soundness === 'proved' ? SECOND_CHECK : {};
    const options = { ...bounds, ...request.search, signal };
    return await searchCounterexample(original, candidate, original.catalog, opened, options);
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.reason === 'cancelled') throw error;
    return { verdict: 'unknown', message: `The test database could not be started: ${error.message}` };
  }
}

async function compareOnData(request: VerifyRequest): Promise<LiveComparison | SamePlan | null> {
  const { original, candidate, database, signal, timeoutMs } = request;
  if (!database) return null;
  if (writes(original)) return unknownLive('It changes data, so it was not run on your data.');
  if (parameterKeys(original).size > 0 || needsValues(original)) {
    return unknownLive('It has placeholders, so it was not run on your data.');
  }
  const known = slowOriginals.get(original);
  if (known) return known;
  const live = await database.readOnly(
    async (session) =>
      (await compareWithoutRunning(session, original, candidate, { signal, timeoutMs })) ??
      compareRemembering(session, request),
    { signal },
  );
  if (live.verdict === 'unknown' && live.reason === 'timeout' && live.message.includes('original')) {
    slowOriginals.set(original, live);
  }
  return live;
}

interface SamePlan {
  readonly verdict: 'samePlan';
}

const SAME_PLAN =
  'Both statements reach the same plan on this server, so they do the same (and take the same time).';

/** Results of originals on a database, so that an original runs once for all of its candidates. */
const results = new WeakMap<Database, WeakMap<AnalyzedStatement, Map<string, QueryResult>>>();

async function compareRemembering(session: ReadOnlySession, request: VerifyRequest): Promise<LiveComparison> {
  const { original, candidate, database, signal, timeoutMs } = request;
  const remembered = database ? resultsOf(database, original) : new Map<string, QueryResult>();
  const before = remembered.size;
  const live = await compareLive(session, original, candidate, { signal, timeoutMs, remembered });
  if (live.verdict !== 'different' || before === 0) return live;
  // the data may have changed since the original ran: only one snapshot can tell
  remembered.clear();
  return compareLive(session, original, candidate, { signal, timeoutMs, remembered });
}

function resultsOf(database: Database, original: AnalyzedStatement): Map<string, QueryResult> {
  const ofDatabase = results.get(database) ?? new WeakMap<AnalyzedStatement, Map<string, QueryResult>>();
  results.set(database, ofDatabase);
  const known = ofDatabase.get(original) ?? new Map<string, QueryResult>();
  ofDatabase.set(original, known);
  return known;
}

/**
 * The gates that ask the server without running anything: the columns that it describes, and the plans.
 *
 * @returns null when only running them can tell
 */
async function compareWithoutRunning(
  session: ReadOnlySession,
  original: AnalyzedStatement,
  candidate: AnalyzedStatement,
  call: CallOptions,
): Promise<LiveComparison | SamePlan | null> {
  try {
    const columns = compareColumns(
      await session.describe(original.text, call),
      await session.describe(candidate.text, call),
    );
    if (columns) return { verdict: 'different', counterexample: { setup: '', ...columns } };
    const options = { ...call, verbose: true };
    const before = planSignature(await session.explain(original.text, options));
    if (before === null) return null;
    const after = planSignature(await session.explain(candidate.text, options));
    return before === after ? { verdict: 'samePlan' } : null;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    if (error.reason === 'cancelled' || error.reason === 'connectionLost') throw error;
    // what a statement raises here it raises again when it is run, and is judged there
    return null;
  }
}

function unknownLive(message: string): LiveComparison {
  return { verdict: 'unknown', reason: 'unsupported', message };
}

/** The level that proof, comparison and search together give. */
function conclude(proof: Proof, live: LiveComparison | null, tested: SearchResult | null): Verdict {
  const liveRows = live?.verdict === 'equal' ? live.rows : 0;
  const survived = tested?.verdict === 'survived' ? tested : null;
  const enough = survived !== null && survived.reached >= ENOUGH_REACHED;
  const reproduced = survived !== null && survived.notes.length === 0;
  const rowsCompared = liveRows + (survived?.rowsCompared ?? 0);
  const level = levelOf({ proved: proof.soundness === 'proved', liveRows, enough, reproduced });
  const notes = [...liveNotes(live), ...testNotes(tested, enough)];
  const assumptions =
    level === 'proved'
      ? [...proof.assumptions, ...remarks(live, survived)]
      : [...proof.assumptions, ...notes];
  const evidence: Evidence = { level, assumptions, databases: survived?.databases ?? 0, rowsCompared };
  if (level === 'unverified') {
    // without a connection, why the generated databases said nothing is what one wants to know
    const reasons = live === null && tested !== null ? testNotes(tested, enough) : notes;
    return { outcome: 'unknown', evidence, reason: reasons.join(' ') || 'Nothing could be compared.' };
  }
  const ordered = (survived?.ordered ?? false) || (live?.verdict === 'equal' && live.ordered);
  return { outcome: 'accepted', evidence, ordered };
}

function levelOf(found: {
  readonly proved: boolean;
  readonly liveRows: number;
  readonly enough: boolean;
  readonly reproduced: boolean;
}): EvidenceLevel {
  if (found.proved) return 'proved';
  if (found.enough && found.reproduced) return 'tested';
  return found.liveRows > 0 ? 'observed' : 'unverified';
}

/** What the comparison on the user's data says, as sentences. */
function liveNotes(live: LiveComparison | null): string[] {
  if (live === null) return ['It was not compared on your data: there is no connection.'];
  if (live.verdict === 'unknown') return [live.message];
  if (live.verdict === 'different') return [];
  if (live.rows === 0) return ['Both return no rows on your data, which says nothing.'];
  return [live.note ?? `Equal on your data: ${live.rows} ${live.rows === 1 ? 'row' : 'rows'}.`];
}

function testNotes(tested: SearchResult | null, enough: boolean): string[] {
  if (tested === null) return ['It was not tried on generated databases.'];
  if (tested.verdict === 'unknown') return [tested.message];
  if (tested.verdict === 'refuted') return [];
  const { databases, reached } = tested;
  const count = `Equal on ${databases} generated databases; on ${reached} of them rows reached the result.`;
  const few = enough ? [] : ['That is too few to count as a test.'];
  return [count, ...few, ...tested.notes, ...determinism(tested.deterministic)];
}

/** What a reader of a proved rewrite should know beside its proof. */
function remarks(
  live: LiveComparison | null,
  survived: (SearchResult & { verdict: 'survived' }) | null,
): string[] {
  const undetermined =
    live?.verdict === 'unknown' && live.reason === 'notDeterministic' ? [live.message] : [];
  return [...undetermined, ...(survived ? determinism(survived.deterministic) : [])];
}

function determinism(deterministic: boolean): string[] {
  if (deterministic) return [];
  return [
    'The original is not deterministic: rows with equal sort keys at its LIMIT may come out differently each time. ' +
      'Add a unique column to its ORDER BY.',
  ];
}
