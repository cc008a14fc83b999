/** What is sent to a model, for people to read. */
import type { CompletionRequest } from '../provider.ts';
import { tokensOfMessages } from '../tokens.ts';
import type { RewritePrompt } from './rewrite-prompt.ts';

const ROLES = { system: 'Instructions', user: 'Question', assistant: 'Earlier answer' } as const;

/**
 * @param destination who gets it: 'The Ollama server at 127.0.0.1:11434, which is this machine'
 */
export function sentText(prompt: RewritePrompt, request: CompletionRequest, destination: string): string {
  const masked = prompt.masking.legend().length;
  const values =
    masked > 0
      ? `${masked} ${masked === 1 ? 'value is' : 'values are'} replaced by placeholders and not sent.`
      : 'No value is replaced.';
  const left =
    prompt.dropped.length > 0 ? `Left out, because it would be too long: ${prompt.dropped.join(', ')}.` : '';
  const head = [
    '# What is sent to the model',
    '',
    `To: ${destination}. Model: ${request.model}. About ${tokensOfMessages(request.messages)} tokens.`,
    [values, left].filter((text) => text !== '').join(' '),
    'When a rewrite of the model fails, it is sent back with what was wrong: the parser’s message, a generated database on which it differs, or its time. Rows of yours are never sent.',
  ];
  const messages = request.messages.map(({ role, content }) => `## ${ROLES[role]}\n\n${content}`);
  return `${[head.join('\n'), ...messages].join('\n\n')}\n`;
}
