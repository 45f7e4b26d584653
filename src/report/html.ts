/** HTML that is already safe to insert. */
export class SafeHtml {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: text and numbers are escaped, lists joined, undefined left out. */
export type HtmlPart = string | number | SafeHtml | undefined | readonly HtmlPart[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text with the characters that mean something in HTML, quotes included, as entities. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}

/** Marks text from our own code, such as a rendered figure, as HTML. Never for text of others. */
export function trustedHtml(text: string): SafeHtml {
  return new SafeHtml(text);
}

/** A template whose parts are escaped, so that no text can become markup. */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): SafeHtml {
  const text = strings.reduce(
    (before, string, index) => before + partText(parts[index - 1]) + string,
  );
  return new SafeHtml(text);
}

function partText(part: HtmlPart): string {
  if (part === undefined) return "";
  if (part instanceof SafeHtml) return part.text;
  if (typeof part === "object") return part.map(partText).join("");
  return escapeHtml(String(part));
}

/** A column of a table; numbers stand right. */
export interface Column {
  readonly heading: string;
  readonly isNumber?: boolean;
}

/** A table with a caption and column headings; each row has one cell per column. */
export function htmlTable(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly HtmlPart[])[],
): SafeHtml {
  const kind = (index: number) => (columns[index]?.isNumber ? "number" : "text");
  const headings = columns.map(
    ({ heading }, index) => html`<th scope="col" class="${kind(index)}">${heading}</th>`,
  );
  const cell = (part: HtmlPart, index: number) =>
    index === 0
      ? html`<th scope="row" class="${kind(index)}">${part}</th>`
      : html`<td class="${kind(index)}">${part}</td>`;
  const body = rows.map((row) => html`<tr>${row.map(cell)}</tr>\n`);
  return html`<div class="table"><table>
<caption>${caption}</caption>
<thead><tr>${headings}</tr></thead>
<tbody>
${body}</tbody>
</table></div>`;
}
