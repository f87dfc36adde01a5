/**
 * Cuts a script at its `GO` lines, as sqlcmd does. A `GO` inside a comment or a string that spans lines
 * is also taken as a separator; `GO 5` is not understood and stays in the text.
 */
export function splitBatches(script: string): string[] {
  return script
    .split(/^[ \t]*GO[ \t]*;?[ \t]*(?:--.*)?\r?$/im)
    .map((batch) => batch.trim())
    .filter((batch) => batch !== '');
}
