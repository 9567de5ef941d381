import { type Html, html } from './html.ts'

/** A Unix time (in milliseconds) as a page shows it. */
export function moment(timeMs: number): Html {
  const iso = new Date(timeMs).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`
}
