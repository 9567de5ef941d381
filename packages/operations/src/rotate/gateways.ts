import { setTimeout as sleep } from 'node:timers/promises'
import { askReadyz, type Readyz } from '@holdfast/local/lifecycle/readyz'
import { urlOf } from '@holdfast/local/state/description'
import { type DataCentre, hostsThatRun } from '@holdfast/site/file/site'
import type { LocalPlan } from '@holdfast/site/topology/local-plan'
import { PORT } from '@holdfast/site/topology/topology'
import { formatAddress } from '@holdfast/tokens/redis'

/** A gateway, and where it answers `GET /readyz`. */
export interface Gateway {
  name: string
  url: string
}

/** Deadline of one request (in milliseconds). */
const REQUEST_TIMEOUT_MS = 2000
const POLL_INTERVAL_MS = 100
/** A gateway checks its files once a second, and retries at least every 5 s (in milliseconds). */
const RELOAD_LIMIT_MS = 30_000

/** The gateways of a data centre of this machine. */
export const localGateways = ({ addresses }: LocalPlan): Gateway[] =>
  addresses.gateways.map((address, index) => ({ name: `gateway-${index + 1}`, url: urlOf(address) }))

/** The gateways of a site. The firewall of each admits the host that operates it. */
export const siteGateways = (dataCentre: DataCentre): Gateway[] =>
  hostsThatRun(dataCentre, 'gateway').map(({ name, address }) => ({
    name,
    url: `http://${formatAddress({ host: address, port: PORT.http })}`,
  }))

/** The names of the gateways that do not answer. */
export async function silentGateways(gateways: readonly Gateway[]): Promise<string[]> {
  const answers = await askGateways(gateways)
  return answers.flatMap(({ name, answer }) => (answer === null ? [name] : []))
}

/** The revision of the configuration that gateways must reach, and how long a rotation waits for it. */
export interface AwaitedRevision {
  revision: string
  signal: AbortSignal | undefined
  /** For how long (in milliseconds). Default is 30,000. */
  limitMs?: number
  /** Skips gateways that do not answer: this machine may not reach them. Default is `false`. */
  skipsSilent?: boolean
  /** What is new, for an error. Default is `configuration`. */
  what?: string
  /** What to do about a gateway that does not use it, for an error. Default is to read its log. */
  remedy?: string
}

/** Waits until every gateway uses the configuration of that revision. Rejects with a sentence that names the others. */
export async function waitForRevision(gateways: readonly Gateway[], awaited: AwaitedRevision): Promise<void> {
  const { signal, limitMs = RELOAD_LIMIT_MS, what = 'configuration', remedy = 'see its log' } = awaited
  const untilMs = performance.now() + limitMs
  for (;;) {
    const missing = await notUsing(gateways, awaited)
    if (missing.length === 0) return
    if (performance.now() > untilMs) {
      const verb = missing.length === 1 ? 'does' : 'do'
      throw new Error(
        `${missing.join(' and ')} ${verb} not use the new ${what} after ${limitMs / 1000} s: ${remedy}.`,
      )
    }
    await sleep(POLL_INTERVAL_MS, undefined, signal && { signal })
  }
}

async function notUsing(
  gateways: readonly Gateway[],
  { revision, skipsSilent = false }: AwaitedRevision,
): Promise<string[]> {
  const uses = (answer: Readyz | null) => (answer === null ? skipsSilent : answer.revision === revision)
  return (await askGateways(gateways)).flatMap(({ name, answer }) => (uses(answer) ? [] : [name]))
}

/** What each gateway answers; null when it does not. */
function askGateways(gateways: readonly Gateway[]): Promise<{ name: string; answer: Readyz | null }[]> {
  return Promise.all(
    gateways.map(async ({ name, url }) => ({
      name,
      answer: await askReadyz(url, AbortSignal.timeout(REQUEST_TIMEOUT_MS)).catch(() => null),
    })),
  )
}
