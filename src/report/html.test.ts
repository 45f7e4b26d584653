import { expect, test } from "vitest";
import { escapeHtml, html, htmlTable, trustedHtml } from "./html.ts";

test("text is escaped, markup of our own is not, in lists too", () => {
  const evil = `<script>alert("x")</script> & 'y'`;
  expect(escapeHtml(evil)).toBe(
    "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;",
  );
  expect(html`<p title="${evil}">${["<b>", trustedHtml("<b>"), 3]}</p>`.text).toBe(
    `<p title="${escapeHtml(evil)}">&lt;b&gt;<b>3</p>`,
  );
  expect(html`${html`<i>${"&"}</i>`}${undefined}`.text).toBe("<i>&amp;</i>");
  expect(html`plain`.text).toBe("plain");
});

test("a table has a caption, scoped headings, and escaped cells", () => {
  const { text } = htmlTable(
    "Runs <all>",
    [{ heading: "Run" }, { heading: "Loss", isNumber: true }],
    [["a<b", 2.5]],
  );
  expect(text).toContain("<caption>Runs &lt;all&gt;</caption>");
  expect(text).toContain('<th scope="col" class="number">Loss</th>');
  expect(text).toContain('<th scope="row" class="text">a&lt;b</th><td class="number">2.5</td>');
});
