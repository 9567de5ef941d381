import { open } from 'node:fs/promises'
import { userInfo } from 'node:os'
import type { OperationFiles } from '@holdfast/local/state/open'
import { ClusterError, systemCode } from '@holdfast/site/errors'

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
  await append(folder.auditLog, lines.join(''))
}

export type UserChange = 'added' | 'new-password' | 'disabled' | 'enabled' | 'removed'

/** An operator changed a user of a users file, or added an OAuth client to a configuration. Holds no secret. */
type FileChange =
  | { event: 'user-changed'; change: UserChange; user: string; file: string }
  | { event: 'client-added'; client: string; may: readonly string[]; file: string }

/**
 * Appends a line about a change that was made to an audit log, readable only by its owner, and waits until it is on disk.
 * Throws `FILE_UNUSABLE`; the message says that the change was made.
 */
export async function auditChange(auditLog: string, change: FileChange): Promise<void> {
  const entry = { at: new Date().toISOString(), ...change, by: userName() }
  await append(auditLog, `${JSON.stringify(entry)}\n`).catch((cause: unknown) => {
    throw new ClusterError(
      'FILE_UNUSABLE',
      `${change.file} was changed, but the audit log ${auditLog} cannot be written (${systemCode(cause)}). Check the path, its permissions and the free space, and note the change there.`,
      { cause },
    )
  })
}

async function append(file: string, text: string): Promise<void> {
  const handle = await open(file, 'a', 0o600)
  try {
    await handle.appendFile(text)
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
