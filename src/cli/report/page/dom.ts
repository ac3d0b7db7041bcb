type Content = Node | string;

/** Properties of an element. */
export interface Props {
  readonly class?: string;
  readonly id?: string;
  readonly title?: string;
  readonly role?: string;
  readonly label?: string;
  readonly click?: () => void;
}

/** Makes an element. Texts become text nodes: nothing is ever parsed as HTML. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...content: Content[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (props.class !== undefined) element.className = props.class;
  if (props.id !== undefined) element.id = props.id;
  if (props.title !== undefined) element.title = props.title;
  if (props.role !== undefined) element.setAttribute('role', props.role);
  if (props.label !== undefined) element.setAttribute('aria-label', props.label);
  if (props.click !== undefined) element.addEventListener('click', props.click);
  element.append(...content);
  return element;
}

/** Makes a button that does not submit a form. */
export function button(text: string, click: () => void, props: Props = {}): HTMLButtonElement {
  const made = el('button', { ...props, click }, text);
  made.type = 'button';
  return made;
}

/** Makes a part of the page with a heading. */
export function section(id: string, title: string, ...content: Content[]): HTMLElement {
  return el('section', { id }, el('h2', {}, title), ...content);
}
