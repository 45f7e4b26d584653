import { type HtmlPart, html, type SafeHtml, trustedHtml } from "./html.ts";

const style = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.5rem 4rem; background: #fff; color: #222;
  font: 16px/1.5 Helvetica, Arial, "DejaVu Sans", sans-serif; }
header { border-bottom: 2px solid #222; margin-bottom: 1.5rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 0.3rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 0.8rem; }
header p, figcaption, caption { color: #555; }
header p { margin: 0 0 1rem; }
.summary { font-size: 1.1rem; padding-left: 1.2rem; }
figure { margin: 0 0 1.5rem; }
figure svg { display: block; max-width: 100%; height: auto; }
figcaption { font-size: 0.9rem; max-width: 44rem; }
.table { overflow-x: auto; margin: 0 0 1.5rem; }
table { border-collapse: collapse; font-size: 0.9rem; width: 100%; }
caption { text-align: left; padding-bottom: 0.4rem; }
th, td { padding: 0.3rem 0.5rem; text-align: left; vertical-align: top; }
th:first-child { padding-left: 0; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead th { border-bottom: 1px solid #222; vertical-align: bottom; }
tbody th { font-weight: normal; }
tbody tr { border-bottom: 1px solid #ddd; }
code { font: 0.88em ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  overflow-wrap: anywhere; }
.completion { margin: 0 0 1rem; padding: 0.6rem 1rem; border-left: 3px solid #0072b2;
  background: #f6f6f6; white-space: pre-wrap; overflow-wrap: anywhere; }
.completion.terminal { white-space: pre; overflow-x: auto; font-size: 0.85rem; }
.gallery { display: flex; flex-wrap: wrap; gap: 1rem; }
.verses { white-space: pre-line; }
.gallery figure { width: 11rem; margin: 0; font-size: 0.9rem; overflow-wrap: anywhere; }
details { margin-bottom: 1.5rem; }
summary { cursor: pointer; margin-bottom: 0.6rem; }
@media print {
  @page { margin: 15mm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .table { overflow: visible; }
  table { font-size: 8pt; }
  th.number, td.number { white-space: normal; }
  figure, .completion, tr { break-inside: avoid; }
  h2 { break-after: avoid; }
  .completion { background: none; }
}
`;

/** A whole page in the house style, which prints well and loads nothing from elsewhere. */
export function htmlPage(title: string, subtitle: string, body: SafeHtml): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${trustedHtml(style)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>${subtitle}</p>
</header>
<main>
${body}
</main>
</body>
</html>
`.text;
}

/** A section with its heading; `id` names the heading within the page. */
export function htmlSection(id: string, heading: string, content: HtmlPart): SafeHtml {
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${heading}</h2>
${content}
</section>`;
}
