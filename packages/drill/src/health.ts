import { REASON_CODES, type ReasonCode, unhealthyReason } from '@holdfast/agent/group/health'
import { takeSnapshot } from '@holdfast/agent/group/snapshot'
import { askReadyz } from '@holdfast/local/lifecycle/readyz'
import { processReasons } from '@holdfast/operations/status/verdict'
import type { Run } from './run.ts'
import { pause } from './waiting.ts'

/** How long a data centre may take to become healthy, before and after a fault (in milliseconds). A TILT takes 30 s. */
export const HEALTHY_TIMEOUT_MS = 90_000
/** Deadline of one request; a slower gateway is not ready (in milliseconds). */
const COMMAND_TIMEOUT_MS = 1000
const POLL_INTERVAL_MS = 200

/** What does not disturb the next fault: Redis rewrites its append-only file at any time. */
const HARMLESS: readonly ReasonCode[] = ['log-rewrite']

const REQUIRED = REASON_CODES.filter((code) => !HARMLESS.includes(code))

type DrillSubject = Pick<Run, 'target' | 'tools' | 'signal'>

/**
 * Waits until the data centre is healthy, so that a fault is the only one: every replica is linked to one primary, all
 * Sentinels agree and none is in TILT, every process runs, and every gateway is ready. Answers null, or after
 * `HEALTHY_TIMEOUT_MS` why it is not healthy. Throws when aborted.
 * INV-DRILL-2.
 */
export async function waitUntilHealthy(subject: DrillSubject): Promise<string | null> {
  const giveUpAtMs = performance.now() + HEALTHY_TIMEOUT_MS
  for (;;) {
    const reason = await unhealthyNow(subject)
    if (reason === null || performance.now() >= giveUpAtMs) return reason
    await pause(POLL_INTERVAL_MS, subject.signal)
  }
}

async function unhealthyNow({ target, tools }: DrillSubject): Promise<string | null> {
  const [snapshot, { processes }] = await Promise.all([takeSnapshot(target), tools.control.status()])
  const [process] = processReasons(processes)
  if (process !== undefined) return process.text
  const reason = unhealthyReason(snapshot, target, REQUIRED)
  if (reason !== null) return reason
  // A gateway that has just started runs before it is ready: it must first know what the others know.
  const ready = await Promise.all(target.gateways.map(isReady))
  const index = ready.indexOf(false)
  return index === -1 ? null : `The gateway at ${target.gateways[index]} is not ready.`
}

const isReady = (gateway: string): Promise<boolean> =>
  askReadyz(gateway, AbortSignal.timeout(COMMAND_TIMEOUT_MS)).then(
    ({ status }) => status === 200,
    () => false,
  )
