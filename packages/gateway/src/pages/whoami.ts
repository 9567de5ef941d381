import { readFileSync } from 'node:fs'
import type { Session } from '@holdfast/tokens'
import { html } from './html.ts'
import { layout, type Page, serverColour } from './layout.ts'

/** Asks again without leaving the page. Without JavaScript, "Ask again" is a plain link to this page. */
const SCRIPT = readFileSync(new URL('whoami.client.js', import.meta.url), 'utf8')

/** Who is logged in, and which server says so. */
export function whoamiPage({ server, session }: { server: string; session: Session }): Page {
  return layout({
    title: session.subject,
    server,
    script: SCRIPT,
    content: html`<h1>You are <em>${session.subject}</em></h1>
<p class="lead">This answer came from</p>
<p class="server ${serverColour(server)}" id="server" aria-live="polite">${server}</p>
<p class="hint">Ask again: the load balancer sends you to another server, and you stay logged in.</p>
<div class="actions">
<a class="button primary" id="ask" href="/">Ask again</a>
<button type="button" id="keep" hidden aria-pressed="false">Keep asking</button>
<form method="post" action="/logout"><button class="quiet">Log out</button></form>
</div>
<ol class="answers" id="answers" aria-label="Servers that answered"><li class="${serverColour(server)}">${server}</li></ol>
<dl>
<dt>Session</dt><dd><code>${session.id}</code></dd>
<dt>Logged in</dt><dd>${moment(session.issuedAtMs)}</dd>
<dt>Ends if idle until</dt><dd>${moment(session.idleUntilMs)}</dd>
<dt>Ends at the latest</dt><dd>${moment(session.expiresAtMs)}</dd>
</dl>`,
  })
}

function moment(timeMs: number) {
  const iso = new Date(timeMs).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`
}
