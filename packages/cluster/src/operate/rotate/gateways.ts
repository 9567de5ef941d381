import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress } from '@holdfast/tokens/redis'
import { ClusterError } from '../../errors.ts'
import { type DataCentre, hostsThatRun } from '../../site/site.ts'
import { urlOf } from '../../state/description.ts'
import { PORT, type Topology } from '../../topology/topology.ts'
import { askReadyz, type Readyz } from '../readyz.ts'

/** A gateway, as it is asked what it uses. */
export interface Gateway {
  name: string
  url: string
}

/** Deadline of one question (in milliseconds). */
const PATIENCE_MS = 2000
const LOOK_AGAIN_MS = 100
/** A gateway looks at its files once a second, and tries again at least every 5 s (in milliseconds). */
const TAKEN_MS = 30_000
/** Where people say that it is done (in milliseconds). */
export const DONE_MS = 6000
/** What is done about a gateway of a site that uses old ones. */
export const BRING_AGAIN = 'bring gateway.json there, and reload the gateway'

/** Those of a data centre of this machine. */
export const localGateways = ({ gateways }: Topology): Gateway[] =>
  gateways.map((address, index) => ({ name: `gateway-${index + 1}`, url: urlOf(address) }))

/** Those of a site; the firewall of each lets the host in that operates it. */
export const siteGateways = (dataCentre: DataCentre): Gateway[] =>
  hostsThatRun(dataCentre, 'gateway').map(({ name, address }) => ({
    name,
    url: `http://${formatAddress({ host: address, port: PORT.http })}`,
  }))

/** The gateways of which none answers at all. */
export async function silentGateways(gateways: readonly Gateway[]): Promise<string[]> {
  const answers = await askAll(gateways)
  return answers.flatMap(({ name, answer }) => (answer === null ? [name] : []))
}

/** Throws `NOT_SAFE` when one does not answer. */
export async function refuseSilent(gateways: readonly Gateway[]): Promise<void> {
  const silent = await silentGateways(gateways)
  if (silent.length === 0) return
  throw new ClusterError(
    'NOT_SAFE',
    `${silent.join(' and ')} does not answer, and every gateway must know a key before one uses it. See \`holdfast status\`.`,
  )
}

/** What is waited for. */
export interface Awaited {
  revision: string
  signal: AbortSignal | undefined
  /** For how long (in milliseconds). Default is 30,000. */
  limitMs?: number
  /** Of one that does not answer nothing is known: it is not waited for. Default is that each must answer. */
  skipsSilent?: boolean
  /** What is new. Default is `configuration`. */
  what?: string
  /** What to do about those that do not use it. Default is to look at their logs. */
  remedy?: string
}

/** Waits until every gateway uses the configuration of that revision. Rejects with a sentence that names who does not. */
export async function allUse(gateways: readonly Gateway[], awaited: Awaited): Promise<void> {
  const { signal, limitMs = TAKEN_MS, what = 'configuration', remedy = 'its log says why' } = awaited
  const untilMs = performance.now() + limitMs
  for (;;) {
    const missing = await notUsing(gateways, awaited)
    if (missing.length === 0) return
    if (performance.now() > untilMs) {
      throw new Error(
        `${missing.join(' and ')} does not use the new ${what} after ${limitMs / 1000} s: ${remedy}.`,
      )
    }
    await sleep(LOOK_AGAIN_MS, undefined, signal && { signal })
  }
}

async function notUsing(
  gateways: readonly Gateway[],
  { revision, skipsSilent = false }: Awaited,
): Promise<string[]> {
  const uses = (answer: Readyz | null) => (answer === null ? skipsSilent : answer.revision === revision)
  return (await askAll(gateways)).flatMap(({ name, answer }) => (uses(answer) ? [] : [name]))
}

/** What each answers; null: nothing. */
function askAll(gateways: readonly Gateway[]): Promise<{ name: string; answer: Readyz | null }[]> {
  return Promise.all(
    gateways.map(async ({ name, url }) => ({
      name,
      answer: await askReadyz(url, AbortSignal.timeout(PATIENCE_MS)).catch(() => null),
    })),
  )
}
