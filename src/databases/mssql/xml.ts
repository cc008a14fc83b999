/** XML as a tree of elements. The parser is loaded with the first plan. */
import type { XmlElement as ParsedElement } from '@rgrove/parse-xml';
import type { XmlElement } from '../../core/plans/read-showplan.ts';

/** @throws Error when the text is not well-formed */
export async function parseXml(text: string): Promise<XmlElement> {
  const { parseXml: parse, XmlElement: Element } = await import('@rgrove/parse-xml');
  const { root } = parse(text);
  if (!root) throw new SyntaxError('the document is empty');
  const convert = (element: ParsedElement): XmlElement => ({
    name: element.name.replace(/^.*:/, ''),
    attributes: element.attributes,
    children: element.children.filter((child) => child instanceof Element).map(convert),
  });
  return convert(root);
}
