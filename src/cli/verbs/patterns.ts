import { declarations } from '../../core/patterns/library.ts';
import type { PatternDeclaration } from '../../core/patterns/pattern.ts';
import { EXIT, textOption, type Verb } from '../verb.ts';

/** `sqlopt patterns`: the pattern library. */
export const patternsVerb: Verb = {
  name: 'patterns',
  summary: 'list the pattern library, searched and filtered',
  usage: '[--search TEXT] [--category CATEGORY] [--engine DIALECT]',
  options: { search: { type: 'string' }, category: { type: 'string' }, engine: { type: 'string' } },
  async run(context) {
    const search = textOption(context.options, 'search')?.toLowerCase();
    const category = textOption(context.options, 'category');
    const engine = textOption(context.options, 'engine');
    const found = declarations.filter(
      (pattern) =>
        (!category || pattern.category === category) &&
        (!engine || pattern.engines.some((support) => support.dialect === engine)) &&
        (!search || searchedText(pattern).includes(search)),
    );
    context.print(found.map(describe), () =>
      found.length === 0
        ? 'No pattern matches. Try a shorter --search, or leave out --category and --engine.\n'
        : `${found.map(line).join('\n')}\n\n${found.length} of ${declarations.length} patterns.\n`,
    );
    return EXIT.done;
  },
};

function searchedText(pattern: PatternDeclaration): string {
  return `${pattern.id} ${pattern.title} ${pattern.description} ${pattern.category}`.toLowerCase();
}

function describe(pattern: PatternDeclaration) {
  return {
    id: pattern.id,
    title: pattern.title,
    category: pattern.category,
    engines: pattern.engines,
    industries: pattern.industries ?? [],
    severity: pattern.severity,
    description: pattern.description,
    source: pattern.source,
    schema: pattern.example.schema,
    before: pattern.example.before,
    after: pattern.example.after,
    precondition: pattern.precondition,
    rewrites: pattern.rewrites,
  };
}

function line(pattern: PatternDeclaration): string {
  return `${pattern.id.padEnd(42)} ${pattern.category.padEnd(15)} ${pattern.rewrites ? 'rewrite' : 'advice '} ${pattern.title}`;
}
