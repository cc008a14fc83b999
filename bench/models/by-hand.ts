/**
 * A model that is asked by hand: questions are written into a folder, and whoever can reach the model (a chat window, a
 * service that has no provider here) puts each answer beside its question.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ModelError } from '../../src/models/model-error.ts';
import type {
  Completion,
  CompletionRequest,
  LanguageModelProvider,
  ModelInfo,
} from '../../src/models/provider.ts';
import { promptHash, RECORDED_CONTEXT } from '../../src/models/recorded.ts';

export class ByHandProvider implements LanguageModelProvider {
  readonly id = 'by-hand';
  readonly label = 'Questions and answers in a folder';
  readonly local = true;
  /** questions that wait for an answer: files of this run */
  readonly open: string[] = [];
  private readonly folder: string;

  /** @param folder gets `HASH.question.md`; `HASH.answer.txt` is read from it */
  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  async listModels(): Promise<readonly ModelInfo[]> {
    return [];
  }

  async contextLength(): Promise<number> {
    return RECORDED_CONTEXT;
  }

  /** @throws ModelError when the question has no answer yet; it is in the folder then */
  async complete({ messages, schema }: CompletionRequest): Promise<Completion> {
    const hash = promptHash(messages);
    const answer = path.join(this.folder, `${hash}.answer.txt`);
    if (existsSync(answer)) {
      return { text: readFileSync(answer, 'utf8'), stop: 'end', promptTokens: null, outputTokens: null };
    }
    const question = path.join(this.folder, `${hash}.question.md`);
    const parts = messages.map(({ role, content }) => `# ${role}\n\n${content}`);
    if (schema) parts.push(`# schema of the answer\n\n${JSON.stringify(schema, null, 1)}`);
    writeFileSync(question, `${parts.join('\n\n')}\n`);
    this.open.push(question);
    throw new ModelError('other', `The question waits for its answer in ${answer}.`);
  }
}
