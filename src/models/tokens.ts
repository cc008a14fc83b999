/** Tokens of a text without a tokenizer: every model has its own, and none comes with the product. */
import type { ChatMessage } from './provider.ts';

/**
 * Characters of SQL and English per token, on the careful side: tokenizers of current models give 3 to 4.
 * Letters outside of ASCII often have a token each.
 */
const CHARACTERS_PER_TOKEN = 3;
/** What a chat template puts around each message. */
const PER_MESSAGE = 8;

/** An upper estimate of a text's tokens. */
export function estimateTokens(text: string): number {
  let other = 0;
  for (const character of text) if (character.charCodeAt(0) > 127) other++;
  return Math.ceil((text.length - other) / CHARACTERS_PER_TOKEN) + other;
}

/** An upper estimate of the tokens of a conversation. */
export function tokensOfMessages(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { content }) => sum + estimateTokens(content) + PER_MESSAGE, 0);
}
