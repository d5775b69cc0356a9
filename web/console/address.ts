// What the address after # asks the console for.

import type { Account } from "../shared/types";

export const VIEWS = ["login", "list", "form", "events", "imports", "calendar"] as const;
export const SECTIONS = ["list", "events", "imports", "calendar"] as const;

const CODE = /^[A-Z]{2,4}-[A-Z]{2}-\d{4,}$/;

type Section = (typeof SECTIONS)[number];

export type Address = { view: "form"; code: string } | { view: Section; code: null };

/** The sections that somebody of this role may see. */
export function sectionsOf(role: Account["role"]): readonly Section[] {
  return role === "administrator" ? SECTIONS : ["list", "events"];
}

/** What an address asks for; what it cannot ask for is the list. */
export function addressOf(hash: string, role: Account["role"]): Address {
  const words = decoded(hash.replace(/^#/, ""));
  if (CODE.test(words)) return { view: "form", code: words };
  const section = sectionsOf(role).find((one) => one === words);
  return { view: section ?? "list", code: null };
}

/** The address after # of what is shown. */
export function hashOf(address: Address): string {
  if (address.code !== null) return `#${encodeURIComponent(address.code)}`;
  return address.view === "list" ? "#" : `#${address.view}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
