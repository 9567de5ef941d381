import { readInfo } from '@holdfast/agent/redis/replies'
import type { Sentinels } from '@holdfast/agent/redis/sentinels'
import { askReadyz } from '@holdfast/local/lifecycle/readyz'
import { type Group, sentinelAddress } from '@holdfast/site/topology/topology'
import { addressOfNode } from './primary-watch.ts'
import type { Run } from './run.ts'
import { waitUntil } from './waiting.ts'

/** How long a data centre may take to become healthy, before and after a fault (in milliseconds). A TILT takes 30 s. */
export const HEALTHY_TIMEOUT_MS = 90_000
/** Deadline of one request; a slower process is not ready (in milliseconds). */
const COMMAND_TIMEOUT_MS = 1000
const POLL_INTERVAL_MS = 200

type Subject = Pick<Run, 'watch' | 'tools' | 'target' | 'signal'>

/**
 * Whether the data centre becomes healthy in time, so that a fault is the only one: every replica is linked to one
 * primary, all Sentinels agree and none is in TILT, every process runs, and every gateway is ready.
 * INV-DRILL-2.
 */
export async function waitUntilHealthy({ watch, tools, target, signal }: Subject): Promise<boolean> {
  let askedAtMs = Number.NEGATIVE_INFINITY
  return waitUntil(
    async () => {
      const primary = watch.current()
      if (primary === null || !watch.isLinked()) return false
      if (performance.now() - askedAtMs < POLL_INTERVAL_MS) return false
      askedAtMs = performance.now()
      const { processes } = await tools.control.status()
      if (!processes.every(({ state }) => state === 'running')) return false
      if (!(await sentinelsAgree(target, addressOfNode(primary)))) return false
      // A gateway that has just started runs before it is ready: it must first know what the others know.
      return (await Promise.all(target.gateways.map(isReady))).every(Boolean)
    },
    HEALTHY_TIMEOUT_MS,
    signal,
  )
}

async function sentinelsAgree(
  { sentinels, topology }: { sentinels: Sentinels; topology: Group },
  primary: string,
): Promise<boolean> {
  const planned = topology.dataHosts.length
  const answers = await sentinels.answers(COMMAND_TIMEOUT_MS)
  const agreeing = answers.filter(
    (answer) =>
      answer.primary === primary &&
      answer.knownReplicas === planned - 1 &&
      answer.knownSentinels === planned - 1 &&
      !answer.failingOver &&
      !answer.findsItDown,
  )
  if (agreeing.length !== planned) return false
  const settled = await Promise.allSettled(
    topology.dataHosts.map((host) =>
      sentinels.send(sentinelAddress(host), [['INFO', 'sentinel']], COMMAND_TIMEOUT_MS),
    ),
  )
  // A Sentinel in TILT, after a pause, only watches for 30 s: with a second one down, no majority could fail over.
  return settled.every(
    (result) => result.status === 'fulfilled' && readInfo(String(result.value[0]))['sentinel_tilt'] === '0',
  )
}

const isReady = (gateway: string): Promise<boolean> =>
  askReadyz(gateway, AbortSignal.timeout(COMMAND_TIMEOUT_MS)).then(
    ({ status }) => status === 200,
    () => false,
  )
