// A listing as the form holds it, what was changed, and how two people's changes meet.

import { closedDays, decoded, encoded } from "../shared/closures";
import type { Known, ListingProperties, Point } from "../shared/types";

export interface Draft {
  name: string;
  /** Other names, in their order. */
  aliases: string[];
  address: string;
  phone: string;
  hours_text: string;
  status: string;
  access: string;
  entry: string[];
  services: Record<string, Known>;
  notes: string;
  way_in: string;
  /** Each as one text: see shared/closures.ts. */
  closures: string[];
  /** `lon,lat crs`; empty where there is none. */
  position: string;
}

export const TEXT_FIELDS = ["name", "address", "phone", "hours_text", "notes", "way_in"] as const;
export type TextField = (typeof TEXT_FIELDS)[number];

/** A field of the form; each service is one of its own, named `services.<code>`. */
export type FieldName = Exclude<keyof Draft, "services"> | `services.${string}`;
export type FieldValue = string | string[] | Known;

/** One field in which the saved listing differs from what was typed. */
export interface Difference {
  field: FieldName;
  mine: FieldValue;
  theirs: FieldValue;
  /** Whether this person, and whether the other one, changed it since it was read. */
  iChanged: boolean;
  theyChanged: boolean;
}

/** The listing as a draft; `services` gives every service an answer. */
export function draftOf(
  listing: ListingProperties,
  services: readonly string[],
  geometry: Point | null = null,
): Draft {
  const answers: Record<string, Known> = {};
  for (const code of services) answers[code] = listing.services[code] ?? "unknown";
  return {
    name: listing.name,
    aliases: [...(listing.aliases ?? [])],
    address: listing.address ?? "",
    phone: listing.phone ?? "",
    hours_text: listing.hours_text ?? "",
    status: listing.status,
    access: listing.access,
    entry: [...listing.entry].sort(),
    services: answers,
    notes: listing.notes ?? "",
    way_in: listing.way_in ?? "",
    closures: (listing.closures ?? []).map((closure) => encoded(closedDays(closure))).sort(),
    position: geometry ? positionText(...geometry.coordinates, "wgs84") : "",
  };
}

/** The names of a text in which they stand apart by commas, semicolons or lines. */
export function namesIn(text: string): string[] {
  const names = text.split(/[\u3001\uff0c,\uff1b;\n]+/).map((name) => name.trim());
  return [...new Set(names.filter(Boolean))];
}

/** The value of one field. */
export function valueIn(draft: Draft, field: FieldName): FieldValue {
  if (isService(field)) return draft.services[serviceCode(field)] ?? "unknown";
  return draft[field];
}

/** A draft like this one with one field set. */
export function withValue(draft: Draft, field: FieldName, value: FieldValue): Draft {
  if (isService(field)) {
    return { ...draft, services: { ...draft.services, [serviceCode(field)]: value as Known } };
  }
  return { ...draft, [field]: value };
}

/** Every field name of a draft. */
export function fieldNames(draft: Draft): FieldName[] {
  const services = Object.keys(draft.services).map((code): FieldName => `services.${code}`);
  return [
    ...TEXT_FIELDS.slice(0, 1),
    "aliases",
    "hours_text",
    "status",
    "access",
    "entry",
    ...services,
    "closures",
    "position",
    "address",
    "way_in",
    "phone",
    "notes",
  ];
}

/** The fields that differ between two drafts. */
export function changedFields(before: Draft, after: Draft): FieldName[] {
  return fieldNames(after).filter((field) => !same(valueIn(before, field), valueIn(after, field)));
}

/** The merge patch that turns `before` into `after`: only what changed, null for emptied text. */
export function mergePatch(before: Draft, after: Draft): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  const services: Record<string, Known> = {};
  for (const field of changedFields(before, after)) {
    const value = valueIn(after, field);
    if (isService(field)) services[serviceCode(field)] = value as Known;
    else if (field === "closures") patch.closures = (value as string[]).map(decoded);
    else if (field === "position") patch.position = readPosition(String(value));
    else patch[field] = value === "" && field !== "name" ? null : value;
  }
  if (Object.keys(services).length) patch.services = services;
  return patch;
}

/** Where mine and theirs differ, knowing what both started from. */
export function differences(before: Draft, mine: Draft, theirs: Draft): Difference[] {
  return changedFields(theirs, mine).map((field) => ({
    field,
    mine: valueIn(mine, field),
    theirs: valueIn(theirs, field),
    iChanged: !same(valueIn(before, field), valueIn(mine, field)),
    theyChanged: !same(valueIn(before, field), valueIn(theirs, field)),
  }));
}

/** What is offered first: my change where I made one, theirs everywhere else. */
export function firstChoice(difference: Difference): "mine" | "theirs" {
  return difference.iChanged ? "mine" : "theirs";
}

/** Whether a field is a service, and which. */
export function isService(field: FieldName): field is `services.${string}` {
  return field.startsWith("services.");
}

/** The code of a service's field. */
export function serviceCode(field: FieldName): string {
  return field.slice("services.".length);
}

/** A position as one text. */
export function positionText(lon: number, lat: number, crs: string): string {
  return `${Number(lon.toFixed(6))},${Number(lat.toFixed(6))} ${crs}`;
}

/** The position of such a text; null where it is none. */
export function readPosition(text: string): { lon: number; lat: number; crs: string } | null {
  const parts = /^(-?[\d.]+),(-?[\d.]+) (\w+)$/.exec(text);
  return parts ? { lon: Number(parts[1]), lat: Number(parts[2]), crs: String(parts[3]) } : null;
}

/**
 * Two numbers as people copy them: `121.55, 29.87`, with a Chinese comma or a blank between. In
 * this city longitude is the larger, so the order does not matter. Null where they are none.
 */
export function typedPosition(text: string): { lon: number; lat: number } | null {
  const parts = /^\s*(\d{1,3}(?:\.\d+)?)\s*[,\uff0c\u3001;\s]\s*(\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
  if (!parts) return null;
  const [one, other] = [Number(parts[1]), Number(parts[2])];
  const [lon, lat] = [Math.max(one, other), Math.min(one, other)];
  return lon <= 180 && lat <= 90 ? { lon, lat } : null;
}

function same(one: FieldValue, other: FieldValue): boolean {
  return String(one) === String(other);
}
