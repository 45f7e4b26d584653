import { type Figure, labelledSvg } from "./figure.ts";
import { html, trustedHtml } from "./html.ts";
import { htmlPage, htmlSection } from "./page.ts";

/** A capability forecast as its page shows it. */
export interface CapabilityPageData {
  readonly figure: Figure;
  /** As the terminal shows it. */
  readonly table: string;
  readonly codeVersion: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** The page of a capability forecast, without external resources. */
export function capabilityPage({ figure, table, codeVersion, createdAt }: CapabilityPageData) {
  const caption =
    "Pass rate against training compute by difficulty, 1 the easiest: models that were fitted, the law, the forecast with its interval, and models that were held out.";
  const body = html`<figure>${trustedHtml(labelledSvg(figure.svg, caption))}<figcaption>${caption}</figcaption></figure>
${htmlSection("buckets", "Forecasts", html`<pre class="completion terminal">${table}</pre>`)}
${htmlSection("reproduce", "Reproduce", html`<p>Made by <code>foretoken scaling capability</code> with Foretoken ${codeVersion}.</p>`)}`;
  return htmlPage("Forecast of a capability", createdAt.slice(0, 10), body);
}
