/** Which of the installed models to take when nobody chose one. */
import type { ModelInfo } from '../provider.ts';

/**
 * Families in the order of preference: models trained on code and instructions first. `sqlcoder` knows SQL but was
 * trained to answer questions in SQL, not to rewrite it, and seldom follows a schema; it stands behind the general
 * coders and before general models.
 */
const FAMILIES: readonly RegExp[] = [
  /qwen[\d.]*-?coder/,
  /devstral|codestral/,
  /deepseek-coder/,
  /codegemma|codellama|starcoder|granite-code|yi-coder|opencoder|coder/,
  /sqlcoder|duckdb-nsql/,
  /gpt-oss|qwen|llama|gemma|mistral|phi|granite|deepseek/,
];
const SQL_FAMILY = 4;

/** Bytes above which a model is slow without a large graphics card: not taken by itself when there is another. */
const LARGE = 24e9;

/** Models that can answer a chat, the one to take by default first. */
export function preferred(models: readonly ModelInfo[]): ModelInfo[] {
  return models
    .filter((model) => canAnswer(model))
    .map((model) => ({ model, rank: rankOf(model) }))
    .sort((a, b) => a.rank - b.rank || bySize(a.model, b.model) || (a.model.id < b.model.id ? -1 : 1))
    .map(({ model }) => model);
}

function canAnswer(model: ModelInfo): boolean {
  if (model.capabilities.size > 0) return model.capabilities.has('completion');
  return !/embed|minilm|bge-|rerank/.test(model.id.toLowerCase());
}

function rankOf(model: ModelInfo): number {
  const name = model.id.toLowerCase();
  const sql = /sqlcoder|nsql/.test(name);
  const family = sql ? SQL_FAMILY : FAMILIES.findIndex((words) => words.test(name));
  const rank = family < 0 ? FAMILIES.length : family;
  return (model.sizeBytes ?? 0) > LARGE ? rank + FAMILIES.length + 1 : rank;
}

/** The larger first, as long as it is not too large. */
function bySize(a: ModelInfo, b: ModelInfo): number {
  return (b.sizeBytes ?? 0) - (a.sizeBytes ?? 0);
}
