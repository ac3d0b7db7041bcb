/** An SVG element as plain data: the command writes it as text, and a page makes elements of it. */
export interface Shape {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** A string is a text, never markup. */
  readonly content: readonly (Shape | string)[];
}

export function shape(
  tag: string,
  attributes: Shape['attributes'],
  ...content: Shape['content']
): Shape {
  return { tag, attributes, content };
}

export function shapeText({ tag, attributes, content }: Shape): string {
  const named = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(value)}"`);
  const inside = content.map((one) => (typeof one === 'string' ? escaped(one) : shapeText(one)));
  return `<${tag}${named.join('')}>${inside.join('')}</${tag}>`;
}

export function escaped(text: string | number): string {
  return String(text).replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}
