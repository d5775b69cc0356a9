// Refusals as a planner reads them: the service names the field of a program, which nobody here typed.

import { Problem, sentence } from "../shared/api";

/** One sentence about anything that was thrown, without the machine's name of a field before it. */
export function plainSentence(error: unknown): string {
  const words = sentence(error);
  const field = error instanceof Problem ? error.body.field : null;
  if (!field) return words;
  const plain = words.replace(new RegExp(`^${escaped(field)}\\s*[:\\uff1a]\\s*`), "");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

/** Whether the area itself was refused: to ask for it once more cannot help. */
export function isOfArea(error: unknown): boolean {
  return error instanceof Problem && error.body.field === "area";
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
