/** A text as the script that rules over several statements see. */
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import { type Script, ScriptReader } from '../../../src/core/patterns/script/script.ts';
import { splitStatements } from '../../../src/core/sql/splitter.ts';

export function scriptOf(source: string, catalog: Catalog): Script {
  const places = splitStatements(source, catalog.dialect).filter((range) => range.kind === 'sql');
  return new ScriptReader().read(source, places, catalog);
}
