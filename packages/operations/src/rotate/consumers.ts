import { writeGatewayConfigs } from '@holdfast/local/lifecycle/gateway-files'
import { writeProxyEnvironment } from '@holdfast/local/lifecycle/proxy-file'
import type { LocalDataCentre } from '@holdfast/local/state/open'
import { connectControl } from '@holdfast/local/supervise/control-client'
import type { DataCentre, Site } from '@holdfast/site/file/site'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { type AnyDataCentre, isSite } from '../data-centre/open.ts'
import type { SiteDataCentre } from '../data-centre/open-site.ts'
import { runShell } from '../data-centre/shell.ts'
import {
  type AwaitedRevision,
  type Gateway,
  localGateways,
  silentGateways,
  siteGateways,
  waitForRevision,
} from './gateways.ts'
import type { HostDelivery } from './host-files.ts'

/**
 * All that uses secrets of a data centre besides Redis and Sentinel: gateways, supervisor, and the files on real hosts.
 * Locally Holdfast reaches all of them. On real hosts `deliverCommand` brings the files, or people do.
 * INV-OPERATIONS-11.
 */
export interface SecretConsumers {
  readonly gateways: readonly Gateway[]
  /** Brings files to real hosts; null where nothing has to be brought, or people bring it. */
  readonly deliverCommand: string | null
  /** The names of the gateways that do not answer. */
  silentGateways(): Promise<string[]>
  /** Brings the secrets to the files that consumers read. Does nothing where people bring them. */
  deliver(secrets: Secrets, signal: AbortSignal | undefined): Promise<void>
  /** Waits until gateways use the secrets of that revision. */
  waitForGateways(awaited: AwaitedGateways): Promise<void>
  /** What people have to bring to which host, by what the hosts need. Empty where `deliver` reaches all. */
  byHand(needs: (site: Site, dataCentre: DataCentre) => HostDelivery[]): HostDelivery[]
  /** The supervisor of a local data centre; null on real hosts. */
  readonly supervisor: LocalSupervisor | null
}

interface LocalSupervisor {
  /** Rejects when the supervisor does not answer. */
  check(): Promise<void>
  /** Makes the supervisor read its secrets and its certificate again. */
  reload(): Promise<void>
}

interface AwaitedGateways extends Pick<AwaitedRevision, 'revision' | 'signal'> {
  /** What is new, for an error. */
  what: string
  /** Every gateway must answer. Default is that gateways on real hosts which this machine cannot reach are skipped. */
  mustAnswer?: boolean
  /** The files were delivered before, so that gateways on real hosts need little time. Default is `false`. */
  isDelivered?: boolean
  /** Only these gateways, by name. Default is all. */
  names?: readonly string[]
}

/** Deadline of the command that brings files to the hosts (in milliseconds). */
const DELIVERY_LIMIT_MS = 900_000
/** How long gateways have to use files that were delivered before (in milliseconds). */
const DELIVERED_LIMIT_MS = 6000

export const consumersOf = (
  dataCentre: AnyDataCentre,
  { deliverCommand }: { deliverCommand?: string },
): SecretConsumers =>
  isSite(dataCentre) ? siteConsumers(dataCentre, deliverCommand) : localConsumers(dataCentre)

function localConsumers({ plan, folder }: LocalDataCentre): SecretConsumers {
  const gateways = localGateways(plan)
  const control = connectControl(folder.path)
  return {
    gateways,
    deliverCommand: null,
    silentGateways: () => silentGateways(gateways),
    async deliver(secrets) {
      await writeGatewayConfigs(plan, folder, secrets)
      await writeProxyEnvironment(plan, folder, secrets)
    },
    waitForGateways: ({ revision, signal, what }) => waitForRevision(gateways, { revision, signal, what }),
    byHand: () => [],
    supervisor: {
      check: async () => void (await control.status()),
      reload: async () => void (await control.reload()),
    },
  }
}

function siteConsumers(
  { site, dataCentre }: SiteDataCentre,
  deliverCommand: string | undefined,
): SecretConsumers {
  const gateways = siteGateways(dataCentre)
  return {
    gateways,
    deliverCommand: deliverCommand ?? null,
    silentGateways: () => silentGateways(gateways),
    async deliver(_secrets, signal) {
      if (deliverCommand === undefined) return
      const problem = await runShell(deliverCommand, { signal, limitMs: DELIVERY_LIMIT_MS })
      if (problem !== null) throw new Error(problem)
    },
    waitForGateways: ({ names, mustAnswer = false, isDelivered = false, ...wanted }) =>
      waitForRevision(names ? gateways.filter(({ name }) => names.includes(name)) : gateways, {
        ...wanted,
        skipsSilent: !mustAnswer,
        remedy: 'bring gateway.json to its host, and reload the gateway',
        ...(isDelivered ? { limitMs: DELIVERED_LIMIT_MS } : {}),
      }),
    byHand: (needs) => (deliverCommand === undefined ? needs(site, dataCentre) : []),
    supervisor: null,
  }
}

/** How the files reach their hosts, in sentences for a plan. */
export const planDelivery = (
  { deliverCommand }: SecretConsumers,
  what: string,
  byHand: readonly HostDelivery[],
): string[] =>
  deliverCommand === null ? byHand.map(toInstruction) : [`Bring ${what} to the hosts: ${deliverCommand}`]

const toInstruction = ({ host, files, steps }: HostDelivery): string =>
  `Yours to do on ${host}: put ${files.map(({ to }) => to).join(', ')} there${steps.map(({ command }) => `; ${command}`).join('')}.`
