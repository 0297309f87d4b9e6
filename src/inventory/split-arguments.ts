/**
 * Splits text into arguments as a POSIX shell does, without expanding anything: quotes join, a backslash takes the next character as it is
 * (inside double quotes only `"`, `\`, `$` and a backquote). Null for a quote without its end. `#` has no meaning.
 */
export function splitArguments(text: string): readonly string[] | null {
  const words: string[] = [];
  const token = /\s+|'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|\\([\s\S])|([^\s'"\\]+)/gy;
  let word: string | null = null;
  let end = 0;
  for (const match of text.matchAll(token)) {
    const [whole, single, double, escaped, plain] = match;
    end = match.index + whole.length;
    const part = single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain;
    if (part !== undefined) word = (word ?? '') + part;
    else if (word !== null) {
      words.push(word);
      word = null;
    }
  }
  if (end !== text.length) return null;
  return word === null ? words : [...words, word];
}
