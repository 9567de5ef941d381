import { recordIsLive, tokenKey } from '@holdfast/tokens'
import { Connection } from '@holdfast/tokens/redis'
import type { DrillSession } from './acknowledged-sessions.ts'
import { addressOfNode } from './primary-watch.ts'
import type { Run } from './run.ts'
import { pause, waitUntil } from './waiting.ts'

const READ_TIMEOUT_MS = 5000
const VERIFY_TIMEOUT_MS = 5000
/** How often a gateway that is unavailable is asked, with a pause in between (in milliseconds). */
const MAX_ATTEMPTS = 5
const RETRY_INTERVAL_MS = 500
/** Requests at once to one gateway. */
const CONCURRENCY = 8
/** Keys to read from Redis at once. */
const BATCH = 200
const MAX_HOLES = 5

/** The result of an audit, by public id. */
interface Findings {
  checked: number
  /** Acknowledged logins that are not live. */
  missing: Set<string>
  /** Sessions that are live after an acknowledged logout. */
  undone: Set<string>
  /** What could not be looked up, in one sentence each: an incomplete audit proves nothing. */
  holes: string[]
}

/** The parts of a {@link Run} that an audit of the primary needs. */
export interface AuditSubject extends Pick<Run, 'watch' | 'sessions' | 'signal'> {
  target: Pick<Run['target'], 'admin'>
}

/** Looks up every acknowledged login and logout in the data of the primary, token by token. */
export async function auditPrimary({ watch, target, sessions, signal }: AuditSubject): Promise<Findings> {
  const findings = noFindings()
  await waitUntil(() => watch.current() !== null, READ_TIMEOUT_MS, signal)
  const primary = watch.current()
  if (primary === null) {
    findings.holes.push('There is no primary with replicas, so no login could be looked up.')
    return findings
  }
  let connection: Connection | null = null
  try {
    connection = await Connection.open({
      address: primary.node,
      ...target.admin(),
      clientName: 'holdfast-drill',
    })
    const all = [...sessions.live, ...sessions.ended]
    for (let start = 0; start < all.length; start += BATCH) {
      const batch = all.slice(start, start + BATCH)
      const records = await readRecords(connection, batch)
      for (const [index, session] of batch.entries()) {
        const record = records[index]
        note(findings, session, Buffer.isBuffer(record) && recordIsLive(record, Date.now()))
      }
    }
  } catch (error) {
    findings.holes.push(
      `The primary ${addressOfNode(primary)} could not be audited: ${(error as Error).message}`,
    )
  } finally {
    connection?.close()
  }
  return findings
}

function readRecords(connection: Connection, sessions: readonly DrillSession[]) {
  return Promise.all(
    sessions.map(({ token }) => connection.send(['GET', tokenKey(token) ?? ''], READ_TIMEOUT_MS)),
  )
}

/** The result on the primary and through all gateways together. */
export interface FullFindings extends Pick<Findings, 'missing' | 'undone' | 'holes'> {
  onPrimary: number
  throughGateways: number
  /** Live sessions that a gateway rejected. */
  refused: Set<string>
}

/** Looks up every acknowledged login and logout on the primary, and through each gateway at its own address. */
export async function auditEverywhere(run: Run): Promise<FullFindings> {
  const primary = await auditPrimary(run)
  const gateways = await Promise.all(run.target.gateways.map((gateway) => auditGateway(run, gateway)))
  await pause(0, run.signal)
  const refused = new Set(gateways.flatMap(({ missing }) => [...missing]))
  const holes = gateways.flatMap((findings) => findings.holes)
  return {
    onPrimary: primary.checked,
    throughGateways: gateways.reduce((sum, { checked }) => sum + checked, 0),
    refused,
    missing: new Set([...primary.missing, ...refused]),
    undone: new Set([...primary.undone, ...gateways.flatMap(({ undone }) => [...undone])]),
    holes: [
      ...primary.holes,
      ...holes.slice(0, MAX_HOLES),
      ...(holes.length > MAX_HOLES ? [`${holes.length - MAX_HOLES} more of the same kind.`] : []),
    ],
  }
}

async function auditGateway({ client, sessions, signal }: Run, gateway: string): Promise<Findings> {
  const findings = noFindings()
  const rest = [...sessions.live, ...sessions.ended].values()
  const worker = async () => {
    for (const session of rest) {
      const verdict = await askGateway(session)
      if (typeof verdict === 'boolean') note(findings, session, verdict)
      else findings.holes.push(`${gateway} could not verify session ${session.id}: ${verdict.what}.`)
    }
  }

  /** True: live, and of the right user. False: rejected. Else why there was no answer. */
  async function askGateway({ token, user }: DrillSession): Promise<boolean | { what: string }> {
    let what = ''
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (attempt > 0) await pause(RETRY_INTERVAL_MS, signal)
      const outcome = await client.whoAmI(gateway, token, VERIFY_TIMEOUT_MS)
      if (outcome.status === 'ok') return outcome.value === user
      if (outcome.status === 'refused') return false
      what = outcome.what
    }
    return { what }
  }

  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  return findings
}

function note(findings: Findings, session: DrillSession, isLive: boolean): void {
  findings.checked += 1
  if (session.state === 'live' && !isLive) findings.missing.add(session.id)
  if (session.state === 'ended' && isLive) findings.undone.add(session.id)
}

function noFindings(): Findings {
  return { checked: 0, missing: new Set(), undone: new Set(), holes: [] }
}
