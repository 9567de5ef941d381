import { open } from 'node:fs/promises'
import { userInfo } from 'node:os'
import type { OperationFiles } from '@holdfast/local/state/open'

/** One line of the audit log: an operator ended a session. Holds no token. */
interface AuditEntry {
  /** ISO 8601, UTC. */
  at: string
  event: 'session-revoked'
  /** Public id. */
  session: string
  /** Null when no key of the key ring opens the record. */
  subject: string | null
  /** The user of the operating system. */
  by: string
  reason: string
  /** `unknown` when the revocation was not acknowledged: the session may have ended. */
  outcome: 'ended' | 'unknown'
}

/** Appends lines to the audit log of a data centre, readable only by its owner, and waits until they are on disk. */
export async function audit(
  folder: OperationFiles,
  entries: readonly Pick<AuditEntry, 'session' | 'subject' | 'reason' | 'outcome'>[],
): Promise<void> {
  if (entries.length === 0) return
  const at = new Date().toISOString()
  const by = userName()
  const lines = entries.map(({ session, subject, reason, outcome }) => {
    const entry: AuditEntry = { at, event: 'session-revoked', session, subject, by, reason, outcome }
    return `${JSON.stringify(entry)}\n`
  })
  const handle = await open(folder.auditLog, 'a', 0o600)
  try {
    await handle.appendFile(lines.join(''))
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The name of the user, or its number if it has none. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
