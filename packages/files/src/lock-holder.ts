import { readFileSync, readlinkSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { isAlive, isHidden, ownIdentity, type ProcessIdentity } from './process-identity.ts'

/** The process that holds a lock, as the lock file describes it. */
export interface LockHolder extends ProcessIdentity {
  /** Distinguishes this lock from every earlier and later one. */
  id: string
  host: string
  /** The pid namespace: in another one, such as another container, the same pid is another process. */
  namespace: string
  /** ISO 8601, UTC. */
  since: string
  /** What the process does while it holds the lock. */
  purpose: string
}

/** This process as the holder of a lock. */
export const ownHolder = (id: string, purpose: string): LockHolder => ({
  id,
  ...ownIdentity(),
  host: hostname(),
  namespace: ownNamespace(),
  since: new Date().toISOString(),
  purpose,
})

/** What a lock file says. Null: there is no such file. A damaged file has a holder that cannot run: pid 0. */
export function readHolder(file: string): LockHolder | null {
  try {
    return parseHolder(readFileSync(file, 'utf8')) ?? damaged(`damaged-${statSync(file).ino}`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/**
 * Whether the process of the lock has ended: `unknown` if it ran in another container or on another machine, whose
 * processes cannot be seen from here.
 */
export function fateOf(holder: LockHolder): 'running' | 'ended' | 'unknown' {
  if (holder.pid === 0) return 'ended'
  const own = ownHolder('', '')
  // The machine was started again since.
  if (bootOf(holder) !== bootOf(own)) return holder.host === own.host ? 'ended' : 'unknown'
  if (holder.namespace !== own.namespace) return 'unknown'
  return isAlive(holder) || isHidden(holder.pid) ? 'running' : 'ended'
}

/** On Linux the start time of a process begins with the id of the boot. Elsewhere the host stands for it. */
const bootOf = ({ started, host }: LockHolder): string => {
  const [boot, ticks] = started.split('/')
  return ticks === undefined ? host : (boot ?? '')
}

function parseHolder(text: string): LockHolder | null {
  try {
    const { id, pid, started, host, namespace, since, purpose } = JSON.parse(text) as Partial<LockHolder>
    const texts = [id, started, host, namespace, since, purpose]
    if (!Number.isInteger(pid) || !texts.every((each) => typeof each === 'string')) return null
    return { id, pid, started, host, namespace, since, purpose } as LockHolder
  } catch {
    return null
  }
}

const damaged = (id: string): LockHolder => ({
  id,
  pid: 0,
  started: '',
  host: '',
  namespace: '',
  since: '',
  purpose: '',
})

function ownNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}
