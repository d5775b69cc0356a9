// A search field with a list under it: the combobox and listbox of ARIA 1.2, by key, finger and
// screen reader. What is typed is asked for after a pause, and only the last question counts.

import { isAbort, sentence } from "./api";
import { stepped } from "./combobox_step";
import { type Child, el, fillWith } from "./dom";

const PAUSE_MS = 220;

export interface Combobox {
  /** Put words into the field without asking; the list is closed. */
  show(words: string): void;
}

export interface ComboboxOptions<Item> {
  input: HTMLInputElement;
  list: HTMLElement;
  /** Says how many were found, or what went wrong; read out by screen readers. */
  status: HTMLElement;
  ask: (words: string, signal: AbortSignal) => Promise<readonly Item[]>;
  /** What one row shows. */
  row: (item: Item) => Child[];
  /** The words that stand in the field after choosing. */
  name: (item: Item) => string;
  choose: (item: Item) => void;
  /** The words for so many found. */
  found: (count: number, words: string) => string;
}

/** Make a combobox of the field and the list that the page has. */
export function createCombobox<Item>(options: ComboboxOptions<Item>): Combobox {
  const { input, list, status } = options;
  let items: readonly Item[] = [];
  let active = -1;
  let timer = 0;
  let asking: AbortController | null = null;

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");
  list.setAttribute("role", "listbox");
  list.hidden = true;

  const open = (): boolean => !list.hidden;

  const close = (): void => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    activate(-1);
  };

  const forget = (): void => {
    window.clearTimeout(timer);
    timer = 0;
    asking?.abort();
    asking = null;
    input.removeAttribute("aria-busy");
  };

  const activate = (index: number): void => {
    active = index;
    [...list.children].forEach((row, place) => {
      row.setAttribute("aria-selected", String(place === index));
      if (place === index) row.scrollIntoView({ block: "nearest" });
    });
    if (index < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", `${list.id}-${index}`);
  };

  const choose = (index: number): void => {
    const item = items[index];
    if (item === undefined) return;
    forget();
    input.value = options.name(item);
    close();
    status.textContent = "";
    options.choose(item);
  };

  const showItems = (found: readonly Item[], words: string): void => {
    items = found;
    const rows = found.map((item, index) => {
      const row = el(
        "li",
        { id: `${list.id}-${index}`, role: "option", class: "combo-row", "aria-selected": "false" },
        ...options.row(item),
      );
      // The field keeps the focus, or the list would close before the click arrives.
      row.addEventListener("mousedown", (event) => event.preventDefault());
      row.addEventListener("click", () => choose(index));
      return row;
    });
    fillWith(list, ...rows);
    list.scrollTop = 0;
    list.hidden = rows.length === 0;
    input.setAttribute("aria-expanded", String(rows.length > 0));
    activate(-1);
    status.textContent = options.found(rows.length, words);
  };

  const ask = async (words: string): Promise<void> => {
    forget();
    const ours = new AbortController();
    asking = ours;
    input.setAttribute("aria-busy", "true");
    try {
      const found = await options.ask(words, ours.signal);
      if (ours.signal.aborted) return;
      showItems(found, words);
    } catch (error) {
      if (isAbort(error) || ours.signal.aborted) return;
      items = [];
      fillWith(list);
      close();
      status.textContent = sentence(error);
    } finally {
      if (asking === ours) {
        asking = null;
        input.removeAttribute("aria-busy");
      }
    }
  };

  const typed = (): void => {
    const words = input.value.trim();
    forget();
    if (words === "") {
      items = [];
      fillWith(list);
      close();
      status.textContent = "";
      return;
    }
    timer = window.setTimeout(() => void ask(words), PAUSE_MS);
  };

  input.addEventListener("input", (event) => {
    // Half-typed pinyin of an input method is not yet a question.
    if (!(event as InputEvent).isComposing) typed();
  });
  input.addEventListener("compositionend", typed);
  input.addEventListener("focus", () => {
    if (items.length > 0 && input.value.trim() !== "") {
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
    }
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      if (open()) event.preventDefault();
      close();
      return;
    }
    if (event.key === "Enter") {
      event.preventDefault();
      // Rows of an earlier question are not chosen: what stands in the field is asked first.
      if (open() && timer === 0 && asking === null) choose(Math.max(active, 0));
      else if (input.value.trim()) void ask(input.value.trim());
      return;
    }
    const next = stepped(event.key, active, items.length);
    if (next === null) return;
    event.preventDefault();
    if (!open() && items.length > 0) {
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
    }
    activate(next);
  });

  return {
    show: (words) => {
      forget();
      input.value = words;
      items = [];
      fillWith(list);
      close();
      status.textContent = "";
    },
  };
}
