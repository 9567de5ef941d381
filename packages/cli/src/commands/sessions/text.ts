import type { FoundSession, SessionList } from '@holdfast/operations/sessions/sessions'
import { count, plural, printable, span, utc } from '../../terminal/format.ts'
import { table } from '../../terminal/layout.ts'
import { paint } from '../../terminal/paint.ts'

/** The screen of `holdfast sessions list`. */
export function listText({ sessions, total, unreadable }: SessionList, nowMs: number): string {
  const rows = sessions.map(({ id, subject, device, issuedAtMs, idleUntilMs, expiresAtMs }) => [
    paint.accent(id),
    printable(subject),
    device === '' ? paint.faint('-') : printable(device),
    utc(issuedAtMs),
    span(idleUntilMs - nowMs),
    span(expiresAtMs - nowMs),
  ])
  const head = ['ID', 'SUBJECT', 'DEVICE', 'BEGAN', 'IDLE ENDS IN', 'ENDS IN']
  const hidden = total - sessions.length
  return [
    rows.length === 0 ? '  No live sessions.' : table(rows, { head, right: [4, 5] }),
    ...(hidden === 0 ? [] : ['', paint.faint(`  ${count(hidden)} older sessions are not shown (--limit).`)]),
    ...(unreadable === 0
      ? []
      : ['', `  ${paint.warning('!')} The key ring cannot read ${plural(unreadable, 'record')}.`]),
  ].join('\n')
}

/** The screen of `holdfast sessions show`. */
export function sessionText(session: FoundSession): string {
  const state = session.state === 'live' ? paint.good(session.state) : paint.bad(session.state)
  const pairs =
    session.state === 'revoked'
      ? [['tombstone until', utc(session.expiresAtMs)]]
      : [
          ['subject', printable(session.subject)],
          ['device', session.device === '' ? paint.faint('none') : printable(session.device)],
          ['began', utc(session.issuedAtMs)],
          ['ends unless used by', utc(session.idleUntilMs)],
          ['ends at the latest', utc(session.expiresAtMs)],
        ]
  return table([['id', paint.accent(session.id)], ['state', state], ...pairs])
}
