import type { Expression } from '../ast.ts';
import type { Resolution } from './open.ts';

/**
 * The name that an output without an alias gets, folded.
 *
 * PostgreSQL: `FigureColname` in parse_target.c. The other dialects name an expression by its text: null.
 */
export function outputName(expression: Expression, resolution: Resolution): string | null {
  if (resolution.dialect === 'postgresql') return figureName(expression, resolution)?.name ?? null;
  return expression.kind === 'column' ? (expression.parts.at(-1)?.name ?? null) : null;
}

/** `weak` names (of a cast's type, of CASE) give way to a stronger one. */
interface Name {
  readonly name: string;
  readonly weak: boolean;
}

const strong = (name: string | undefined): Name | null => (name === undefined ? null : { name, weak: false });
const weak = (name: string): Name => ({ name, weak: true });

function figureName(expression: Expression, resolution: Resolution): Name | null {
  switch (expression.kind) {
    case 'column':
      return strong(expression.parts.at(-1)?.name);
    case 'field':
      return expression.field ? strong(expression.field.name) : null;
    case 'call':
      return strong(expression.function);
    case 'exists':
      return strong('exists');
    case 'array':
      return strong('array');
    case 'row':
      return strong('row');
    case 'subquery':
      return strong(resolution.blocksOfQuery(expression.query)[0]?.outputs[0]?.name ?? undefined);
    case 'paren':
      return figureName(expression.expression, resolution);
    case 'subscript':
    case 'collate':
      return figureName(expression.operand, resolution);
    case 'atTimeZone':
      return strong('timezone');
    case 'cast':
      return strongOr(figureName(expression.operand, resolution), expression.type.name);
    case 'case':
      return strongOr(expression.otherwise ? figureName(expression.otherwise, resolution) : null, 'case');
    case 'typedLiteral':
      return expression.type.name === 'interval' ? weak('interval') : weak(expression.type.name);
    default:
      return null;
  }
}

function strongOr(name: Name | null, otherwise: string): Name {
  return name && !name.weak ? name : weak(otherwise);
}
