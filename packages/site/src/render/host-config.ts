import type { NodeAddress } from '@holdfast/tokens/redis'
import type { DataCentre } from '../file/site.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { Timings } from '../topology/topology.ts'
import { type Document, jsonEntries } from './document.ts'
import { json } from './formats.ts'
import type { TlsFiles } from './node-plan.ts'
import { SOURCE } from './sources.ts'

const { put, hide } = jsonEntries(SOURCE.holdfast)

export interface HostConfigPlan {
  dataCentre: DataCentre
  /** The Redis of this host. */
  self: NodeAddress
  /** Null: this host runs no Sentinel. */
  sentinel: NodeAddress | null
  /** The planned `replica-priority` of this host's Redis. */
  priority: number
  redis: NodeAddress[]
  sentinels: NodeAddress[]
  timings: Timings
  stateFolder: string
  /** The path of the server program. */
  server: string
  tls: TlsFiles | null
  secrets: Secrets
}

/** `host.json`: the configuration of the guard and the watchdog of one Redis. Contains secrets. */
export function hostConfig(plan: HostConfigPlan): Document {
  const { dataCentre, timings, secrets } = plan
  return {
    heading: '',
    format: json,
    blocks: [
      {
        title: '',
        directives: [
          put('dataCentre', dataCentre.name, 'Messages name it.'),
          put(
            'primaryName',
            dataCentre.primaryName,
            'The name under which the Sentinels monitor the primary.',
          ),
          put('mark', secrets.mark, 'The group id that a new data set gets.'),
          put('self', plan.self, 'The Redis of this host, at the address that the Sentinels know.'),
          put('sentinel', plan.sentinel, 'The Sentinel of this host. The watchdog sets its periods.'),
          put(
            'priority',
            plan.priority,
            'The watchdog restores this priority when the clock of this host is correct again.',
          ),
          put('redis', plan.redis, 'Every Redis that may be primary.'),
          put('sentinels', plan.sentinels, 'Every Sentinel that votes on the primary.'),
          put(
            'downAfterMs',
            timings.downAfterMs,
            'This and failoverTimeoutMs determine how long to wait for a failover.',
          ),
          put('failoverTimeoutMs', timings.failoverTimeoutMs, 'See downAfterMs.'),
          put('stateFolder', plan.stateFolder, 'The guard looks here for the data set of this Redis.'),
          put(
            'server',
            plan.server,
            'The guard runs this program to check the append-only file before Redis starts.',
          ),
          put(
            'tls',
            plan.tls,
            'The TLS files for connections to the other hosts. Null: plain, or through a tunnel.',
          ),
        ],
      },
      {
        title: 'passwords',
        directives: [
          hide('redisAdmin', secrets.admin, 'To repoint replicas to a promoted one.'),
          hide('sentinelAdmin', secrets.sentinelAdmin, 'To request a failover.'),
        ],
      },
    ],
  }
}
