// Texts by key, in the language of the page.

import { config, messages } from "./page";

export type Values = Readonly<Record<string, string | number>>;

const PLACEHOLDER = /\{(\w+)(?:\|([^|{}]*)\|([^|{}]*))?\}/g;

/** Fill `{name}`; `{count|place|places}` chooses a word by whether the value is one. */
export function fill(template: string, values: Values): string {
  return template.replace(PLACEHOLDER, (whole, name: string, one?: string, many?: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    if (one === undefined || many === undefined) return String(value);
    return Number(value) === 1 ? one : many;
  });
}

/** The text of `key`; the key itself where it is missing, so that the gap is seen. */
export function t(key: string, values: Values = {}): string {
  return fill(messages[key] ?? key, values);
}

/** Whether there is a text for `key`: for codes that a newer server may send. */
export function hasText(key: string): boolean {
  return key in messages;
}

/** The half of a bilingual value that the page speaks. */
export function inPageLanguage(term: { zh: string; en: string }): string {
  return config.lang === "en" ? term.en : term.zh;
}

/** A list in one sentence. */
export function listed(parts: readonly string[]): string {
  return parts.join(t("common.list_separator"));
}
