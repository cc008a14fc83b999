/**
 * `npm run bench:models [-- --model NAME --ollama URL --record --by-hand FOLDER --most N]`: what a model's rewrites of the
 * sample queries are worth. With --record the answers of a real Ollama server are kept in `bench/models/answers/` and the
 * scores in `bench/models/baseline.json`; with --by-hand the questions are written into a folder, and the answers that
 * somebody has put beside them are kept. Without --record the kept answers are tried again and compared with that
 * baseline, and the exit status is 1 when fewer rewrites are verified than then.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { catalogFromDdl } from '../src/core/catalog/from-ddl.ts';
import { splitStatements } from '../src/core/sql/splitter.ts';
import { openScratch } from '../src/databases/embedded/scratch.ts';
import { ModelProposer } from '../src/models/model-proposer.ts';
import { OllamaProvider } from '../src/models/ollama/ollama-provider.ts';
import type { LanguageModelProvider } from '../src/models/provider.ts';
import {
  RECORDED_CONTEXT,
  type RecordedAnswer,
  RecordingProvider,
  ReplayProvider,
} from '../src/models/recorded.ts';
import { ByHandProvider } from './models/by-hand.ts';
import { type StatementScore, scoreModel, totals } from './models/score.ts';

const ANSWERS = new URL('models/answers/', import.meta.url);
const BASELINE = new URL('models/baseline.json', import.meta.url);
const SHOP = new URL('../examples/shop/', import.meta.url);

type Baseline = Record<string, readonly StatementScore[]>;

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    ollama: { type: 'string' },
    record: { type: 'boolean', default: false },
    'by-hand': { type: 'string' },
    most: { type: 'string', default: '1000' },
  },
});

const catalog = catalogFromDdl(readFileSync(new URL('schema.sql', SHOP), 'utf8'), 'postgresql');
const source = readFileSync(new URL('slow.sql', SHOP), 'utf8');
const statements = splitStatements(source, 'postgresql')
  .filter(({ kind }) => kind === 'sql')
  .map(({ start, end }) => source.slice(start, end))
  .slice(0, Number(values.most));

process.exitCode = values.record ? await record() : await replay();

async function record(): Promise<number> {
  const folder = values['by-hand'];
  const byHand = folder === undefined ? null : new ByHandProvider(folder);
  const server = byHand ?? ollama();
  const model = values.model ?? (await server.listModels())[0]?.id;
  if (model === undefined) {
    throw new Error(
      byHand
        ? 'Name the model that is asked: --model NAME'
        : 'The server has no model: ollama pull qwen2.5-coder:7b',
    );
  }
  const answers: RecordedAnswer[] = [];
  const provider = new RecordingProvider(server, (answer) => answers.push(answer));
  const scores = await score(provider, model);
  if (byHand && byHand.open.length > 0) {
    console.error(
      `${byHand.open.length} questions wait for an answer in ${folder}. Answer them, then run this again.`,
    );
    return 1;
  }
  mkdirSync(ANSWERS, { recursive: true });
  const file = new URL(`${server.id}-${model.replace(/[^\w.-]/g, '_')}.json`, ANSWERS);
  writeFileSync(file, `${JSON.stringify(answers, null, 2)}\n`);
  writeFileSync(
    BASELINE,
    `${JSON.stringify({ ...baseline(), [keyOf(server.id, model)]: scores }, null, 2)}\n`,
  );
  console.error(`${answers.length} answers kept.`);
  return 0;
}

function ollama(): OllamaProvider {
  const url = values.ollama ?? process.env['OLLAMA_HOST'] ?? '';
  return new OllamaProvider({ url, mostContext: RECORDED_CONTEXT });
}

/** The name of a model in the baseline. */
function keyOf(provider: string, model: string): string {
  return `${provider}/${model}`;
}

async function replay(): Promise<number> {
  const answers = recorded();
  const before = baseline();
  if (answers.length === 0) {
    console.error('No answers are recorded. On a machine with Ollama: npm run bench:models -- --record');
    return 0;
  }
  const models = new Map(answers.map(({ provider, model }) => [keyOf(provider, model), { provider, model }]));
  let worse = false;
  for (const [key, { provider, model }] of models) {
    if (values.model !== undefined && values.model !== model) continue;
    const now = totals(await score(new ReplayProvider(provider, answers), model));
    const then = totals((before[key] ?? []).slice(0, statements.length));
    if (now.verified < then.verified) worse = true;
    console.error(`${key}: ${now.verified} verified rewrites now, ${then.verified} in the baseline.`);
  }
  return worse ? 1 : 0;
}

async function score(provider: LanguageModelProvider, model: string): Promise<StatementScore[]> {
  const scratch = await openScratch({});
  const proposer = new ModelProposer(provider, {
    ...{ model, maskLiterals: true, maskIdentifiers: false },
  });
  try {
    const scores = await scoreModel(
      statements,
      catalog,
      proposer,
      async () => scratch,
      (each) =>
        console.error(
          `${each.verified} verified, ${each.refuted} refuted, ${each.rejected} rejected: ${each.statement}${each.problem ? ` (${each.problem})` : ''}`,
        ),
    );
    console.log(JSON.stringify({ model, ...totals(scores) }));
    return scores;
  } finally {
    await scratch.close();
  }
}

function recorded(): RecordedAnswer[] {
  if (!existsSync(ANSWERS)) return [];
  return readdirSync(ANSWERS)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => JSON.parse(readFileSync(new URL(name, ANSWERS), 'utf8')) as RecordedAnswer[]);
}

function baseline(): Baseline {
  return existsSync(BASELINE) ? (JSON.parse(readFileSync(BASELINE, 'utf8')) as Baseline) : {};
}
