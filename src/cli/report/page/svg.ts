const NAMESPACE = 'http://www.w3.org/2000/svg';

/** Makes an SVG element; its texts are text nodes. */
export function svg(
  tag: string,
  attributes: Readonly<Record<string, string | number>>,
  ...content: (Node | string)[]
): SVGElement {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...content);
  return element;
}
