import type { Shape } from '../../drawing/shape.ts';
import { svg } from '../../report/page/svg.ts';

/** Makes elements of a drawing; its texts are text nodes. */
export function drawnShape({ tag, attributes, content }: Shape): SVGElement {
  const inside = content.map((one) => (typeof one === 'string' ? one : drawnShape(one)));
  return svg(tag, attributes, ...inside);
}
