/** Rewrites out of a model's answer: JSON as asked for, or whatever the model made of the request. */
import type { Proposal } from '../core/optimizer/rewrite-proposer.ts';

/**
 * Read an answer. Thinking blocks, fences and prose around the JSON do not matter; an answer that was cut off gives the
 * rewrites that were complete; an answer without JSON gives its fenced SQL.
 *
 * @returns in the answer's order; none when there is nothing to be found
 */
export function readRewrites(answer: string): Proposal[] {
  const text = withoutThinking(answer).trim();
  for (const candidate of jsonCandidates(text)) {
    const rewrites = rewritesOf(parsed(candidate));
    if (rewrites) return rewrites;
  }
  const complete = completeObjects(text);
  if (complete.length > 0) return complete;
  return fencedSql(text);
}

/** Without `<think>` blocks, one that never ends included. */
function withoutThinking(text: string): string {
  const closed = text.replace(/<(think|thinking|reasoning)>[\s\S]*?<\/\1>/gi, '');
  // some models leave out the opening tag
  const opened = closed.replace(/^[\s\S]*<\/(think|thinking|reasoning)>/i, '');
  return opened.replace(/<(think|thinking|reasoning)>[\s\S]*$/i, '');
}

function* jsonCandidates(text: string): Generator<string> {
  yield text;
  for (const [, content] of text.matchAll(/```(?:json)?\s*\n([\s\S]*?)```/gi)) yield content ?? '';
  const [start, end] = [text.indexOf('{'), text.lastIndexOf('}')];
  if (start >= 0 && end > start) yield text.slice(start, end + 1);
  const [first, last] = [text.indexOf('['), text.lastIndexOf(']')];
  if (first >= 0 && last > first) yield text.slice(first, last + 1);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Null when the value is no answer at all, which is something else than an answer without rewrites. */
function rewritesOf(value: unknown): Proposal[] | null {
  if (Array.isArray(value)) {
    const found = value.flatMap((item) => proposalOf(item) ?? []);
    return found.length > 0 || value.length === 0 ? found : null;
  }
  if (typeof value !== 'object' || value === null) return null;
  for (const name of ['rewrites', 'candidates', 'queries', 'alternatives']) {
    const list: unknown = Reflect.get(value, name);
    if (Array.isArray(list)) return list.flatMap((item) => proposalOf(item) ?? []);
  }
  const single = proposalOf(value);
  return single ? [single] : null;
}

function proposalOf(item: unknown): Proposal | null {
  if (typeof item === 'string') return item.trim() === '' ? null : { sql: withoutFence(item), why: '' };
  if (typeof item !== 'object' || item === null) return null;
  const text = (...names: readonly string[]): string | undefined =>
    names.map((name): unknown => Reflect.get(item, name)).find((value) => typeof value === 'string') as
      | string
      | undefined;
  const sql = text('sql', 'query', 'rewrite', 'statement');
  if (sql === undefined || sql.trim() === '') return null;
  return { sql: withoutFence(sql), why: (text('why', 'explanation', 'reason') ?? '').trim() };
}

/** The objects of an answer that was cut off in the middle. */
function completeObjects(text: string): Proposal[] {
  return [...text.matchAll(/\{[^{}]*"(?:sql|query)"\s*:\s*"(?:[^"\\]|\\.)*"[^{}]*\}/g)].flatMap(
    ([object]) => proposalOf(parsed(object)) ?? [],
  );
}

function fencedSql(text: string): Proposal[] {
  const blocks = [...text.matchAll(/```\w*[ \t]*\n([\s\S]*?)(?:```|$)/g)].map(([, content]) => content ?? '');
  if (blocks.length > 0) {
    return blocks.filter((sql) => sql.trim() !== '').map((sql) => ({ sql: sql.trim(), why: '' }));
  }
  // a model that was asked for JSON and answers with the statement alone
  const bare = /^\s*(SELECT|WITH|INSERT|UPDATE|DELETE|MERGE)\b[\s\S]*$/i.exec(text);
  return bare ? [{ sql: text, why: '' }] : [];
}

function withoutFence(sql: string): string {
  const match = /^\s*```\w*\s*\n([\s\S]*?)```\s*$/.exec(sql);
  return (match?.[1] ?? sql).trim();
}
