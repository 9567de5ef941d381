import { askReadyz } from '../operate/readyz.ts'
import { readInfo } from '../redis/info.ts'
import type { Sentinels } from '../redis/sentinels.ts'
import { sentinelAddress, type Topology } from '../topology/topology.ts'
import { sightAddress } from './primary-watch.ts'
import type { Run } from './run.ts'
import { waitUntil } from './waiting.ts'

/** How long a data centre may take to be whole, before a drill and after it (in milliseconds): a Sentinel's TILT is 30 s. */
export const WHOLE_TIMEOUT_MS = 90_000
/** A gateway or a Sentinel that is slower is not ready. */
const PATIENCE_MS = 1000
const ASK_AGAIN_MS = 200

type Subject = Pick<Run, 'watch' | 'tools' | 'target' | 'signal'>

/**
 * Whether the data centre becomes whole, so that one fault more is one fault: one primary that all others follow, all
 * Sentinels agree and would act, every process runs, every gateway knows what the others know.
 * INV-DRILL-2.
 */
export async function becomesWhole({ watch, tools, target, signal }: Subject): Promise<boolean> {
  let askedAtMs = Number.NEGATIVE_INFINITY
  return waitUntil(
    async () => {
      const primary = watch.current()
      if (primary === null || !watch.isWhole()) return false
      if (performance.now() - askedAtMs < ASK_AGAIN_MS) return false
      askedAtMs = performance.now()
      const { processes } = await tools.control.status()
      if (!processes.every(({ state }) => state === 'running')) return false
      if (!(await sentinelsAgree(target, sightAddress(primary)))) return false
      // One that has just been started runs before it listens: it must know what the others know first.
      return (await Promise.all(target.gateways.map(isReady))).every(Boolean)
    },
    WHOLE_TIMEOUT_MS,
    signal,
  )
}

async function sentinelsAgree(
  { sentinels, topology }: { sentinels: Sentinels; topology: Topology },
  primary: string,
): Promise<boolean> {
  const planned = topology.dataHosts.length
  const answers = await sentinels.answers(PATIENCE_MS)
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
      sentinels.send(sentinelAddress(host), [['INFO', 'sentinel']], PATIENCE_MS),
    ),
  )
  // After a pause a Sentinel watches only, for 30 s: with another one down nobody would be elected.
  return settled.every(
    (result) => result.status === 'fulfilled' && readInfo(String(result.value[0]))['sentinel_tilt'] === '0',
  )
}

const isReady = (gateway: string): Promise<boolean> =>
  askReadyz(gateway, AbortSignal.timeout(PATIENCE_MS)).then(
    ({ status }) => status === 200,
    () => false,
  )
