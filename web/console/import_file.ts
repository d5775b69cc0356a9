// The file of an import: what is still missing in its form, and a file put into the reader's hands.

interface Gap {
  key: string;
  control: HTMLElement;
}

/** What is missing in the form; null where nothing is. */
export function importForm(form: HTMLFormElement): { gap: Gap | null } {
  const data = new FormData(form);
  const file = data.get("file");
  const checks: [string, boolean][] = [
    ["file", !(file instanceof File) || file.size === 0],
    ["source", !String(data.get("source") ?? "").trim()],
  ];
  const found = checks.find(([, missing]) => missing);
  const control = found && form.querySelector<HTMLElement>(`[name="${found[0]}"]`);
  return { gap: found && control ? { key: `import.missing_${found[0]}`, control } : null };
}

/** Save a file on the reader's device. */
export function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
