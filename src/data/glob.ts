/**
 * Whether a path (with `/`) is chosen by globs: it fits one without `!` and none with it.
 * `*` and `?` stay within a folder, `**` crosses folders, `{a,b}` is a choice.
 */
export function matchesGlobs(path: string, globs: readonly string[]): boolean {
  const excluded = globs.filter((glob) => glob.startsWith("!")).map((glob) => glob.slice(1));
  const included = globs.filter((glob) => !glob.startsWith("!"));
  const fits = (glob: string) => globPattern(glob).test(path);
  return (included.length === 0 || included.some(fits)) && !excluded.some(fits);
}

function globPattern(glob: string): RegExp {
  const body = glob.replace(
    /\*\*\/|\*\*|[*?{},]|[.+^$()|[\]\\]/g,
    (token) => tokens[token] ?? `\\${token}`,
  );
  return new RegExp(`^${body}$`);
}

const tokens: Readonly<Record<string, string>> = {
  "**/": "(?:.*/)?",
  "**": ".*",
  "*": "[^/]*",
  "?": "[^/]",
  "{": "(?:",
  "}": ")",
  ",": "|",
};
