// thread: browser

/** The element with this id. The page's own HTML has it; a missing one is a mistake of ours. */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`the page has no ${type.name} '${id}'`);
}

type Attributes = Readonly<Record<string, string>>;

/** A new element with attributes and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Sets a text only when it differs: nothing flickers, no selection is lost, nothing is read out twice. */
export function say(element: HTMLElement, content: string): void {
  if (element.textContent !== content) element.textContent = content;
}

export function show(element: HTMLElement, isShown: boolean): void {
  if (element.hidden === isShown) element.hidden = !isShown;
}

/** Sets or takes away an attribute, only when it differs. */
export function attribute(element: HTMLElement, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** A button that cannot be used now, for `reason`; it can be when the reason is empty. */
export function forbid(button: HTMLButtonElement, reason: string): void {
  const isForbidden = reason !== "";
  if (button.disabled !== isForbidden) button.disabled = isForbidden;
  attribute(button, "title", isForbidden ? reason : undefined);
}

/** Calls `listener` when the button is pressed; the button is busy until what it started has ended. */
export function onPress(button: HTMLButtonElement, listener: () => Promise<unknown> | undefined): void {
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-busy") === "true") return;
    const started = listener();
    if (started === undefined) return;
    button.setAttribute("aria-busy", "true");
    started.then(
      () => button.removeAttribute("aria-busy"),
      () => button.removeAttribute("aria-busy"),
    );
  });
}

const ASK_MS = 4000;

/** A button whose first press asks, and whose second press within four seconds acts. */
export function onSurePress(
  button: HTMLButtonElement,
  question: string,
  listener: () => Promise<unknown> | undefined,
): void {
  const label = button.textContent ?? "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const calm = (): void => {
    clearTimeout(timer);
    timer = undefined;
    button.classList.remove("sure");
    button.textContent = label;
  };
  button.addEventListener("blur", calm);
  onPress(button, () => {
    if (timer !== undefined) {
      calm();
      return listener();
    }
    button.textContent = question;
    button.classList.add("sure");
    timer = setTimeout(calm, ASK_MS);
    return undefined;
  });
}
