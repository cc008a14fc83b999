/** What the "Optimizations" tree says of the stored runs. Knows no editor. */
import type { OptimizationSummary, StoredCandidate } from '../../store/optimizations.ts';
import { costText, speedText } from '../diff/evidence-text.ts';

export interface FileNode {
  readonly kind: 'file';
  readonly id: string;
  /** as stored; null for runs of the command line without a file */
  readonly source: string | null;
  readonly applied: number;
  readonly children: readonly RunNode[];
}

export interface RunNode {
  readonly kind: 'run';
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly status: RunStatus;
  readonly run: OptimizationSummary;
  readonly children: readonly CandidateNode[];
}

export interface CandidateNode {
  readonly kind: 'candidate';
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly candidate: StoredCandidate;
  readonly run: OptimizationSummary;
}

export type HistoryNode = FileNode | RunNode | CandidateNode;

export type RunStatus = 'applied' | 'suggested' | 'nothing';

/**
 * Runs by file; files and runs with the newest first.
 *
 * @param runs newest first
 * @param now for "5 minutes ago"
 */
export function historyTree(runs: readonly OptimizationSummary[], now: Date): FileNode[] {
  const files = new Map<string | null, OptimizationSummary[]>();
  for (const run of runs) files.set(run.source, [...(files.get(run.source) ?? []), run]);
  return [...files].map(([source, ofFile]) => {
    const children = ofFile.map((run) => runNode(run, now));
    const applied = children.filter((child) => child.status === 'applied').length;
    return { kind: 'file', id: `file:${source ?? ''}`, source, applied, children };
  });
}

function runNode(run: OptimizationSummary, now: Date): RunNode {
  const children = run.candidates.map((candidate) => candidateNode(run, candidate));
  const status = statusOf(run);
  return {
    kind: 'run',
    id: run.id,
    label: headline(run),
    description: `${oneLine(run.text ?? run.normalized)} · ${ago(run.createdAt, now)}`,
    status,
    run,
    children,
  };
}

function candidateNode(run: OptimizationSummary, candidate: StoredCandidate): CandidateNode {
  const level = candidate.evidenceLevel === null ? [] : [candidate.evidenceLevel];
  return {
    kind: 'candidate',
    id: candidate.id,
    label: candidate.patterns.join(' + ') || candidate.origin,
    description: [STATUS_WORDS[candidate.status], gain(candidate), ...level].join(' · '),
    candidate,
    run,
  };
}

const STATUS_WORDS: Readonly<Record<StoredCandidate['status'], string>> = {
  applied: 'applied',
  suggested: 'found',
  rejected: 'rejected',
  reverted: 'undone',
  refuted: 'refuted',
};

function statusOf(run: OptimizationSummary): RunStatus {
  if (run.candidates.some((candidate) => candidate.status === 'applied')) return 'applied';
  return run.candidates.length > 0 ? 'suggested' : 'nothing';
}

function headline(run: OptimizationSummary): string {
  const applied = run.candidates.find((candidate) => candidate.status === 'applied');
  if (applied) return `Applied, ${gain(applied)}`;
  const best = run.candidates.find((candidate) => candidate.best);
  if (best) return capital(`${STATUS_WORDS[best.status]}, ${gain(best)}`);
  const { length } = run.candidates;
  if (length > 0) return `${length} ${length === 1 ? 'rewrite' : 'rewrites'}, none better`;
  return run.findings > 0
    ? `${run.findings} ${run.findings === 1 ? 'finding' : 'findings'}`
    : 'nothing found';
}

function gain({ speedup, significant, cost }: StoredCandidate): string {
  if (speedup !== null) return speedText({ speedup, significant: significant ?? false });
  return cost ? `${costText(cost)}, not measured` : 'not measured';
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The first characters of a statement on one line. */
export function oneLine(sql: string): string {
  const line = sql.replace(/\s+/g, ' ').trim();
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

/** 'just now', '5 min ago', '3 h ago', '2 days ago', then the date. */
export function ago(iso: string, now: Date): string {
  const seconds = (now.getTime() - new Date(iso).getTime()) / 1000;
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86_400);
  if (days < 30) return `${days} ${days === 1 ? 'day' : 'days'} ago`;
  return iso.slice(0, 10);
}
