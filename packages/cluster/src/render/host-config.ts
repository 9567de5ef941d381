import type { NodeAddress } from '@holdfast/tokens/redis'
import type { Secrets } from '../secrets/secrets.ts'
import type { DataCentre } from '../site/site.ts'
import type { Timings } from '../topology/topology.ts'
import { jsonEntries } from './directive.ts'
import type { Document } from './document.ts'
import { json } from './formats.ts'
import type { TlsFiles } from './node-plan.ts'
import { SOURCE } from './sources.ts'

const { put, hide } = jsonEntries(SOURCE.holdfast)

export interface HostConfigPlan {
  dataCentre: DataCentre
  /** The Redis of this host. */
  self: NodeAddress
  /** Null: there is no Sentinel on this host. */
  sentinel: NodeAddress | null
  /** The planned `replica-priority` of this host's Redis. */
  priority: number
  redis: NodeAddress[]
  sentinels: NodeAddress[]
  timings: Timings
  stateFolder: string
  /** The program of the engine. */
  server: string
  tls: TlsFiles | null
  secrets: Secrets
}

/** `host.json`: what the guard before a Redis and the watchdog behind it must know. Holds secrets. */
export function hostConfig(plan: HostConfigPlan): Document {
  const { dataCentre, timings, secrets } = plan
  return {
    heading: '',
    format: json,
    blocks: [
      {
        title: '',
        directives: [
          put('dataCentre', dataCentre.name, 'What is told in messages.'),
          put('primaryName', dataCentre.primaryName, 'Under this name the Sentinels watch the primary.'),
          put('mark', secrets.mark, 'What a new data set is marked with.'),
          put('self', plan.self, 'The Redis of this host, by the address that the Sentinels know.'),
          put('sentinel', plan.sentinel, 'The Sentinel of this host: it gets its periods from the watchdog.'),
          put(
            'priority',
            plan.priority,
            'Put back by the watchdog when the clock of this host is right again.',
          ),
          put('redis', plan.redis, 'All that may be primary.'),
          put('sentinels', plan.sentinels, 'All that have a say in who is primary.'),
          put('downAfterMs', timings.downAfterMs, 'With the next: how long a failover may be waited for.'),
          put('failoverTimeoutMs', timings.failoverTimeoutMs, 'See downAfterMs.'),
          put('stateFolder', plan.stateFolder, 'Whether the data set of this Redis is there.'),
          put('server', plan.server, 'It checks the append-only file before it starts with it.'),
          put('tls', plan.tls, 'How it speaks to them; null: plain, or through a tunnel.'),
        ],
      },
      {
        title: 'passwords',
        directives: [
          hide('redisAdmin', secrets.admin, 'To point replicas to a promoted one.'),
          hide('sentinelAdmin', secrets.sentinelAdmin, 'To ask for a failover.'),
        ],
      },
    ],
  }
}
