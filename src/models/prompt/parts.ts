/** A prompt is made of parts; when it is too long, the least important ones are left out. */
import { estimateTokens } from '../tokens.ts';

export interface PromptPart {
  /** for "what is sent": 'Tables', 'Plan' */
  readonly name: string;
  readonly text: string;
  /** 0 to 100; 100 is never left out */
  readonly priority: number;
}

export interface PrunedParts {
  /** in their given order */
  readonly kept: readonly PromptPart[];
  readonly dropped: readonly PromptPart[];
}

/** A part that is always sent. */
export const NEVER_DROPPED = 100;

/**
 * Leave out parts, the least important and of equal ones the last first, until the rest fits.
 *
 * @param budget tokens for all parts together
 * @returns what is kept may still be over the budget when the parts that are always sent are
 */
export function prune(parts: readonly PromptPart[], budget: number): PrunedParts {
  const kept = new Set(parts);
  let total = parts.reduce((sum, part) => sum + estimateTokens(part.text), 0);
  const leastFirst = [...parts].reverse().sort((a, b) => a.priority - b.priority);
  for (const part of leastFirst) {
    if (total <= budget || part.priority >= NEVER_DROPPED) break;
    kept.delete(part);
    total -= estimateTokens(part.text);
  }
  return { kept: parts.filter((part) => kept.has(part)), dropped: parts.filter((part) => !kept.has(part)) };
}

/**
 * Text that is data, fenced so that nothing in it can end the fence: whatever it says, it is no instruction.
 */
export function fenced(text: string, language = 'sql'): string {
  const longest = [...text.matchAll(/`{3,}/g)].reduce((most, [ticks]) => Math.max(most, ticks.length), 2);
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.trim()}\n${fence}`;
}
