import type { Session, SessionSummary } from '@holdfast/tokens'
import { type Html, html, moment } from '../html/html.ts'
import { layout, type Page } from '../html/layout.ts'
import { readDeviceLabel } from '../sessions/device.ts'
import { closing } from './left-open.ts'

/** A user's own sessions, with buttons that end them. `current` is the session of this request. */
export function sessionsPage(options: {
  server: string
  current: Session
  nowMs: number
  sessions: readonly SessionSummary[]
  /** True when the user may change the password here. */
  canChangePassword: boolean
}): Page {
  const { server, current, nowMs, sessions, canChangePassword } = options
  const { subject, id: currentId } = current
  const others = sessions.filter(({ id }) => id !== currentId).length
  return layout({
    title: 'Your sessions',
    server,
    refresh: closing(current, nowMs),
    content: html`<h1>Your sessions</h1>
<p class="lead">These are the places where you, <b>${subject}</b>, are logged in. If you do not recognise one, end it and ${canChangePassword ? html`<a href="/password">change your password</a>` : html`change your password`}.</p>
<ul class="sessions">${sessions.map((session) => entry(session, session.id === currentId))}</ul>
<div class="actions all">
${others > 0 ? html`<form method="post" action="/sessions/end-others"><button>End all other sessions</button></form>` : html``}
<form method="post" action="/sessions/end-all"><button>Log out everywhere</button></form>
</div>
<p class="hint"><a href="/">Back to the start page</a></p>`,
  })
}

function entry(session: SessionSummary, isCurrent: boolean): Html {
  const { words, address } = readDeviceLabel(session.device)
  const { id, issuedAtMs, idleUntilMs, expiresAtMs } = session
  return html`<li>
<div>
<h2>${words}${isCurrent ? html` <small>This session</small>` : html``}</h2>
<dl>
${address === null ? html`` : html`<dt>From</dt><dd>${address}</dd>`}
<dt>Logged in</dt><dd>${moment(issuedAtMs)}</dd>
${idleUntilMs < expiresAtMs ? html`<dt>Ends if idle until</dt><dd>${moment(idleUntilMs)}</dd>` : html``}
<dt>Ends at the latest</dt><dd>${moment(expiresAtMs)}</dd>
</dl>
</div>
<form method="post" action="/sessions/${id}/end"><button aria-label="${isCurrent ? 'Log out' : 'End'}: ${words}, ${new Date(issuedAtMs).toISOString()}">${isCurrent ? 'Log out' : 'End'}</button></form>
</li>`
}
