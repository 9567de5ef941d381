import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Html, html } from './html.ts'

/** A whole page, and what its Content-Security-Policy must allow. */
export interface Page {
  text: string
  /** The text of the page's only script, if it has one. */
  script?: string
  /** The other origin to which the answer to a form of this page may redirect, if there is one. */
  formOrigin?: string
}

const STYLE = readFileSync(new URL('holdfast.css', import.meta.url), 'utf8')

/** The logo: two ends of rope tied together. */
const MARK = html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><path d="M3 11h15a5 5 0 0 1 0 10h-4"/><path d="M29 21H14a5 5 0 0 1 0-10h4"/></svg>`

/** Puts content into the frame that all pages share. The footer names `server`. */
export function layout(options: {
  title: string
  server: string
  content: Html
  script?: string
  /** Where the answer to a form of this page may redirect: a path, or an address of another origin. Already checked. */
  returnTo?: string
  /** Load the page again after this long, or `address` instead. */
  refresh?: { seconds: number; address?: string }
}): Page {
  const { title, server, content, script, returnTo = '/', refresh } = options
  // A path has no origin.
  const formOrigin = URL.parse(returnTo)?.origin
  const next = refresh?.address === undefined ? '' : `; url=${refresh.address}`
  const refreshing = refresh ? html`<meta http-equiv="refresh" content="${refresh.seconds}${next}">` : html``
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${refreshing}
<title>${title} – Holdfast</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
<header>${MARK}<span>Holdfast</span></header>
${content}
</main>
<footer>Answered by <b>${server}</b>. A login that holds while servers come and go.</footer>
${script ? html`<script>${new Html(script)}</script>` : html``}
</body>
</html>
`
  return { text: page.markup, ...(script ? { script } : {}), ...(formOrigin ? { formOrigin } : {}) }
}

/**
 * Allows only our own style and script, by their hashes, and loads nothing else. Chrome applies `form-action` also to the
 * redirect that answers a form.
 */
export function pagePolicy({ script, formOrigin }: Page): string {
  return [
    "default-src 'none'",
    `style-src ${source(STYLE)}`,
    ...(script ? [`script-src ${source(script)}`, "connect-src 'self'"] : []),
    formOrigin ? `form-action 'self' ${formOrigin}` : "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function source(text: string): string {
  return `'sha256-${hash('sha256', text, 'base64')}'`
}

/** A server has the same colour on every page: one of eight, by its name. `whoami.client.js` computes the same. */
export function serverColour(server: string): string {
  const sum = Array.from(server).reduce((total, character) => (total * 3 + character.charCodeAt(0)) % 8, 0)
  return `colour-${sum}`
}
