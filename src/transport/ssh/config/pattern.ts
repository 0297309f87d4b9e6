/** Whether a text fits a pattern of ssh_config(5), PATTERNS: `*` is any run of characters, `?` is one; case counts. */
export function fitsPattern(text: string, pattern: string): boolean {
  let [at, from] = [0, 0];
  // Where to go on when the run that the last `*` took turns out too short.
  let retry: { readonly at: number; readonly from: number } | null = null;
  while (at < text.length) {
    const wanted = pattern[from];
    if (wanted === '*') {
      from += 1;
      retry = { at, from };
    } else if (wanted === '?' || wanted === text[at]) {
      at += 1;
      from += 1;
    } else if (retry !== null) {
      retry = { at: retry.at + 1, from: retry.from };
      ({ at, from } = retry);
    } else return false;
  }
  return /^\**$/.test(pattern.slice(from));
}

/** Whether a text fits a comma list of patterns. A negated pattern (`!`) that fits wins over all others, and never fits by itself. */
export function fitsPatternList(text: string, list: string): boolean {
  const patterns = list.split(',');
  const isDenied = patterns.some((pattern) => pattern.startsWith('!') && fitsPattern(text, pattern.slice(1)));
  return !isDenied && patterns.some((pattern) => !pattern.startsWith('!') && fitsPattern(text, pattern));
}

/** As `fitsPatternList`, for host names: case does not count. */
export function fitsHostList(host: string, list: string): boolean {
  return fitsPatternList(host.toLowerCase(), list.toLowerCase());
}
