import { readFileSync } from 'node:fs'
import type { Session } from '@holdfast/tokens'
import { html, moment } from '../html/html.ts'
import { layout, type Page, serverColour } from '../html/layout.ts'
import { profileOf } from '../users/identity.ts'
import { closing } from './left-open.ts'

/** Asks again without leaving the page. Without JavaScript, "Ask again" is a plain link to this page. */
const SCRIPT = readFileSync(new URL('whoami.client.js', import.meta.url), 'utf8')

/** Shows who is logged in, and which server answered. */
export function whoamiPage(options: {
  server: string
  session: Session
  nowMs: number
  /** True when the user may change the password here. */
  canChangePassword: boolean
}): Page {
  const { server, session, nowMs, canChangePassword } = options
  const { name = session.subject, email, groups } = profileOf(session.claims)
  return layout({
    title: name,
    server,
    script: SCRIPT,
    refresh: closing(session, nowMs),
    content: html`<h1>You are <em>${name}</em></h1>
<p class="lead">This answer came from</p>
<p class="server ${serverColour(server)}" id="server" aria-live="polite">${server}</p>
<p class="hint">Ask again: the load balancer may choose another server, and you stay logged in.</p>
<div class="actions">
<a class="button primary" id="ask" href="/">Ask again</a>
<button type="button" id="keep" hidden aria-pressed="false">Keep asking</button>
<form method="post" action="/logout"><button class="quiet">Log out</button></form>
</div>
<ol class="answers" id="answers" aria-label="Servers that answered"><li class="${serverColour(server)}">${server}</li></ol>
<dl>
${name === session.subject ? html`` : html`<dt>User name</dt><dd>${session.subject}</dd>`}
${email === undefined ? html`` : html`<dt>E-mail</dt><dd>${email}</dd>`}
${groups.length === 0 ? html`` : html`<dt>Groups</dt><dd>${groups.join(', ')}</dd>`}
<dt>Session</dt><dd><code>${session.id}</code> · <a href="/sessions">All your sessions</a></dd>
${canChangePassword ? html`<dt>Password</dt><dd><a href="/password">Change your password</a></dd>` : html``}
<dt>Logged in</dt><dd>${moment(session.issuedAtMs)}</dd>
<dt>Ends if idle until</dt><dd>${moment(session.idleUntilMs)}</dd>
<dt>Ends at the latest</dt><dd>${moment(session.expiresAtMs)}</dd>
</dl>`,
  })
}
