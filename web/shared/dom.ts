// Small ways to make elements; text always goes in as text.

import { icon } from "./icons";

export type Child = Node | string | null | undefined | false;
export type Attributes = Record<string, string | number | boolean | null | undefined>;

/** Make an element. `true` sets an empty attribute; false, null and undefined set none. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/** Replace everything in `parent`. */
export function fillWith(parent: Element, ...children: Child[]): void {
  parent.textContent = "";
  append(parent, children);
}

/** A button that does something here. */
export function button(
  label: string,
  onClick: () => void,
  attributes: Attributes = {},
  iconName?: string,
): HTMLButtonElement {
  const made = el("button", { type: "button", class: "button", ...attributes });
  append(made, [iconName ? icon(iconName) : null, el("span", {}, label)]);
  made.addEventListener("click", onClick);
  return made;
}

/** The element with this id; a page without it is broken. */
export function byId<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as Kind;
}

/** Escape text for the few places where a library wants HTML. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}

/** Copy text, with a way for pages that are not served securely. Returns whether it worked. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = el("textarea", {
      class: "visually-hidden",
      readonly: true,
      "aria-hidden": "true",
    });
    field.value = text;
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  }
}

/** Show a dialog above the page; older browsers get it without the backdrop. */
export function openDialog(dialog: HTMLDialogElement): void {
  if (dialog.open) return;
  if (typeof dialog.showModal === "function") dialog.showModal();
  else dialog.setAttribute("open", "");
}

/** Hide a dialog again. */
export function closeDialog(dialog: HTMLDialogElement): void {
  if (typeof dialog.close === "function") dialog.close();
  else dialog.removeAttribute("open");
}

function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child) parent.append(child);
  }
}
