/** The pattern library as a page of documentation, from its declarations. */
import type { EngineSupport, PatternDeclaration } from './pattern.ts';

const ENGINE_NAMES = {
  postgresql: 'PostgreSQL',
  mysql: 'MySQL',
  mariadb: 'MariaDB',
  tsql: 'SQL Server',
} as const;

/** The whole page: a table of all patterns, then a section for each, by category. */
export function patternsMarkdown(patterns: readonly PatternDeclaration[]): string {
  const categories = [...new Set(patterns.map((pattern) => pattern.category))];
  const rewriting = patterns.filter((pattern) => pattern.rewrites).length;
  return `${[
    '# Patterns',
    '',
    `${patterns.length} patterns, ${rewriting} of which rewrite; the others advise. This page is made from their declarations by`,
    '`npm run docs`. A rewrite is offered only where the catalog shows that its precondition holds, and is compared and attacked',
    'all the same before it is shown.',
    '',
    '| pattern | category | what it finds |',
    '|---|---|---|',
    ...patterns.map(
      (p) => `| [${p.id}](#${p.id}) | ${p.category} | ${cell(p.title)}${p.rewrites ? '' : ' (advice)'} |`,
    ),
    ...categories.flatMap((category) => [
      '',
      `## ${category}`,
      ...patterns.filter((pattern) => pattern.category === category).flatMap(section),
    ]),
  ].join('\n')}\n`;
}

function section(pattern: PatternDeclaration): string[] {
  const { before, after, schema } = pattern.example;
  return [
    '',
    `### ${pattern.id}`,
    '',
    `**${pattern.title}.** ${pattern.description}`,
    '',
    `- ${pattern.rewrites ? 'Sound when' : 'Given when'}: ${pattern.precondition}`,
    ...pays(pattern.engines),
    ...(pattern.styleOnly
      ? ['- Style only: never offered as faster, a step where a later rule needs it']
      : []),
    `- Source: ${pattern.source}`,
    '',
    ...code(schema),
    '',
    ...code(before),
    ...(after === null ? [] : ['', 'becomes', '', ...code(after)]),
  ];
}

/** Engines that say the same share a line. */
function pays(engines: readonly EngineSupport[]): string[] {
  const sentences = [...new Set(engines.map((engine) => engine.pays))];
  return sentences.map((sentence) => {
    const names = engines.filter((engine) => engine.pays === sentence).map(versioned);
    return `- Pays (${names.join(', ')}): ${sentence}`;
  });
}

function versioned(engine: EngineSupport): string {
  const name = ENGINE_NAMES[engine.dialect];
  if (engine.from !== undefined && engine.until !== undefined)
    return `${name} ${engine.from} to ${engine.until}`;
  if (engine.from !== undefined) return `${name} from ${engine.from}`;
  return engine.until === undefined ? name : `${name} up to ${engine.until}`;
}

function code(text: string): string[] {
  return ['```sql', text.trim(), '```'];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
