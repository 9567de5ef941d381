import { recordIsLive, tokenKey } from '@holdfast/tokens'
import { Connection } from '@holdfast/tokens/redis'
import type { DrillSession } from './ledger.ts'
import { sightAddress } from './primary-watch.ts'
import type { Run } from './run.ts'
import { pause, waitUntil } from './waiting.ts'

const READ_TIMEOUT_MS = 5000
const VERIFY_TIMEOUT_MS = 5000
/** A gateway that cannot say is asked again, this often in all, with pauses (in milliseconds). */
const TRIES = 5
const PAUSE_MS = 500
/** Requests to one gateway that are under way at once. */
const WIDTH = 8
/** Keys that are read from Redis at once. */
const BATCH = 200
const MOST_HOLES = 5

/** What an audit found, by public id. */
interface Findings {
  checked: number
  /** Acknowledged logins that are not live. */
  missing: Set<string>
  /** Acknowledged log-outs that are live. */
  undone: Set<string>
  /** What could not be looked up, in one sentence each: an audit with holes proves nothing. */
  holes: string[]
}

/** What an audit of the primary needs of a {@link Run}. */
export interface AuditSubject extends Pick<Run, 'watch' | 'ledger' | 'signal'> {
  target: Pick<Run['target'], 'admin'>
}

/** Looks up every acknowledged login and log-out in the primary's own data, token by token. */
export async function auditPrimary({ watch, target, ledger, signal }: AuditSubject): Promise<Findings> {
  const findings = noFindings()
  await waitUntil(() => watch.current() !== null, READ_TIMEOUT_MS, signal)
  const primary = watch.current()
  if (primary === null) {
    findings.holes.push('There is no primary on which logins could be looked up.')
    return findings
  }
  let connection: Connection | null = null
  try {
    connection = await Connection.open({
      address: primary.node,
      ...target.admin(),
      clientName: 'holdfast-drill',
    })
    const sessions = [...ledger.live, ...ledger.ended]
    for (let start = 0; start < sessions.length; start += BATCH) {
      const batch = sessions.slice(start, start + BATCH)
      const records = await readRecords(connection, batch)
      for (const [index, session] of batch.entries()) {
        const record = records[index]
        note(findings, session, Buffer.isBuffer(record) && recordIsLive(record, Date.now()))
      }
    }
  } catch (error) {
    findings.holes.push(
      `The primary ${sightAddress(primary)} could not be audited: ${(error as Error).message}`,
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

/** What the primary and all gateways together say. */
export interface FullFindings extends Pick<Findings, 'missing' | 'undone' | 'holes'> {
  onPrimary: number
  throughGateways: number
  /** Live sessions that a gateway refused. */
  refused: Set<string>
}

/** Looks up every acknowledged login and log-out on the primary and through each gateway at its own address. */
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
      ...holes.slice(0, MOST_HOLES),
      ...(holes.length > MOST_HOLES ? [`${holes.length - MOST_HOLES} more like that.`] : []),
    ],
  }
}

async function auditGateway({ client, ledger, signal }: Run, gateway: string): Promise<Findings> {
  const findings = noFindings()
  const rest = [...ledger.live, ...ledger.ended].values()
  const worker = async () => {
    for (const session of rest) {
      const verdict = await askGateway(session)
      if (typeof verdict === 'boolean') note(findings, session, verdict)
      else
        findings.holes.push(
          `${gateway} could not say whether session ${session.id} is live: ${verdict.what}.`,
        )
    }
  }

  /** True: live, and of the right user. False: a clear no. Otherwise why there was no answer. */
  async function askGateway({ token, user }: DrillSession): Promise<boolean | { what: string }> {
    let what = ''
    for (let tries = 0; tries < TRIES; tries++) {
      if (tries > 0) await pause(PAUSE_MS, signal)
      const outcome = await client.whoAmI(gateway, token, VERIFY_TIMEOUT_MS)
      if (outcome.status === 'ok') return outcome.value === user
      if (outcome.status === 'refused') return false
      what = outcome.what
    }
    return { what }
  }

  await Promise.all(Array.from({ length: WIDTH }, worker))
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
