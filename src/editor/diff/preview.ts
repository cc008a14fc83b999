/** One optimization as it is previewed: its candidates, which one is shown, and where its statement stands. */
import * as vscode from 'vscode';
import type { Candidate, Optimization } from '../../core/optimizer/optimization.ts';
import { applyEdits, type TextEdit, type TextRange } from '../../core/sql/text.ts';
import type { CandidateIds } from '../history/history.ts';
import { type Change, rangeAfter } from './tracked-range.ts';

export interface PreviewRequest {
  readonly document: vscode.TextDocument;
  readonly range: TextRange;
  readonly original: string;
  readonly result: Optimization;
  /** key of the connection on which it was made, null without one */
  readonly connection: string | null;
  readonly stored: CandidateIds;
  /** show a candidate of this pattern first */
  readonly pattern?: string | undefined;
}

export class Preview {
  readonly uri: vscode.Uri;
  readonly original: string;
  readonly result: Optimization;
  readonly connection: string | null;
  private readonly stored: CandidateIds;
  private readonly rejected = new Set<string>();
  private at: number;
  /** where the statement stands now; null when it was changed */
  range: TextRange | null;

  constructor(request: PreviewRequest) {
    this.uri = request.document.uri;
    this.original = request.original;
    this.result = request.result;
    this.connection = request.connection;
    this.stored = request.stored;
    this.range = request.range;
    this.at = firstIndex(request.result, request.pattern);
  }

  get candidate(): Candidate | null {
    return this.candidates()[this.at] ?? null;
  }

  get position(): number {
    return this.at;
  }

  /** The candidates that were not rejected. */
  candidates(): readonly Candidate[] {
    return this.result.candidates.filter((candidate) => !this.rejected.has(candidate.id));
  }

  storedId(candidate: Candidate): string | null {
    return this.stored.get(candidate.id) ?? null;
  }

  /** Go to the next (1) or previous (-1) candidate, around the ends. */
  move(by: 1 | -1): void {
    const { length } = this.candidates();
    if (length > 0) this.at = (this.at + by + length) % length;
  }

  reject(candidate: Candidate): void {
    this.rejected.add(candidate.id);
    this.at = Math.min(this.at, Math.max(0, this.candidates().length - 1));
  }

  /** Follow the document's edits. */
  follow(changes: readonly vscode.TextDocumentContentChangeEvent[]): void {
    if (!this.range) return;
    this.range = rangeAfter(this.range, changes.map(asChange));
  }

  /**
   * The edit that puts the candidate into the document.
   *
   * @returns null when the statement is not there any more as it was
   */
  editFor(candidate: Candidate, document: vscode.TextDocument): vscode.WorkspaceEdit | null {
    const { range } = this;
    if (!range || document.getText().slice(range.start, range.end) !== this.original) return null;
    const edit = new vscode.WorkspaceEdit();
    for (const { start, end, text } of editsOf(candidate, this.original)) {
      const place = new vscode.Range(
        document.positionAt(range.start + start),
        document.positionAt(range.start + end),
      );
      edit.replace(document.uri, place, text);
    }
    return edit;
  }
}

/** The candidate's minimal edits; the whole statement should they ever not make the candidate. */
function editsOf(candidate: Candidate, original: string): readonly TextEdit[] {
  return applyEdits(original, candidate.edits) === candidate.sql
    ? candidate.edits
    : [{ start: 0, end: original.length, text: candidate.sql }];
}

function firstIndex({ candidates, best }: Optimization, pattern: string | undefined): number {
  const wanted = candidates
    .map((candidate, index) => ({ candidate, index }))
    .filter(({ candidate }) => pattern !== undefined && candidate.patterns.includes(pattern))
    .sort((a, b) => a.candidate.patterns.length - b.candidate.patterns.length)[0];
  if (wanted) return wanted.index;
  return Math.max(
    0,
    candidates.findIndex((candidate) => candidate.id === best),
  );
}

function asChange(event: vscode.TextDocumentContentChangeEvent): Change {
  return { offset: event.rangeOffset, length: event.rangeLength, text: event.text };
}
