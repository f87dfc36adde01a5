const TEXT_OR_EXPONENT = /"(?:[^"\\]|\\.)*"|e[+-]\d+/g;
const LINE_SEPARATOR = /[\u0085\u2028\u2029]/g;

/** JSON text as .NET writes the same value: the extension reads what an activity returns and writes it again. */
export function writtenByDotNet(json: string): string {
  return json.replaceAll(TEXT_OR_EXPONENT, (part) =>
    part.startsWith('"') ? part.replaceAll(LINE_SEPARATOR, escaped) : exponent(part),
  );
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** `e+21` becomes `E+21`, `e-7` becomes `E-07`. */
function exponent(text: string): string {
  const sign = text.charAt(1);
  return `E${sign}${text.slice(2).padStart(2, '0')}`;
}
