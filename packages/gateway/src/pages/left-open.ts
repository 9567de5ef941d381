import { html } from '../html/html.ts'
import { layout, type Page } from '../html/layout.ts'

/** The query parameter of the address to which a page with data of a user leads when the page was left open. */
const LEFT_OPEN = 'left-open'

/** Sessions without an idle limit: browsers count longer times wrongly, or not at all. */
const MAX_OPEN_MS = 24 * 3_600_000

/** Replaces a page with data of a user when the session ends unless it is used meanwhile. For `refresh` of {@link layout}. */
export function closing({ idleUntilMs }: { idleUntilMs: number }, nowMs: number) {
  const openMs = Math.min(Math.max(idleUntilMs - nowMs, 0), MAX_OPEN_MS)
  return { seconds: Math.ceil(openMs / 1000) + 1, address: `?${LEFT_OPEN}` }
}

/** True for the request of a browser whose page was left open. It must not read the session, because that would extend it. */
export function isLeftOpen(query: unknown): boolean {
  return typeof query === 'object' && query !== null && LEFT_OPEN in query
}

/** Shown instead of a page that was left open. */
export function leftOpenPage(server: string): Page {
  return layout({
    title: 'Page closed',
    server,
    content: html`<h1>This page was closed</h1>
<p class="lead">It was not used for a long time, so it no longer shows your data.</p>
<div class="actions"><a class="button primary" href="?">Open it again</a></div>`,
  })
}
