import type { NodeAddress } from '@holdfast/tokens/redis'
import type { Engine } from '../file/site.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { LocalPlan } from '../topology/local-plan.ts'
import { type DataHost, redisAddress, tunnelOf } from '../topology/topology.ts'
import type { Directive } from './document.ts'

/** What the configurations of Redis and Sentinel have in common. */
export interface NodePlan {
  engine: Engine
  /** The addresses at which it listens. */
  bind: string[]
  /** The address at which other nodes and clients connect. The node listens on the same port. */
  announce: NodeAddress
  /** The Redis that starts as the primary. */
  primary: NodeAddress
  /** Null: the traffic is plain, or a tunnel protects it. */
  tls: TlsFiles | null
  secrets: Secrets
}

/** The paths of the certificate of a node, its key, and the authority that all nodes trust. PEM files. */
export interface TlsFiles {
  authority: string
  certificate: string
  key: string
}

/** A Redis or a Sentinel of a local data centre. */
export interface LocalNode {
  plan: LocalPlan
  dataHost: DataHost
  secrets: Secrets
  /** Null: the traffic is plain. */
  tls: TlsFiles | null
}

/** The plan of a service of a local data centre at that address. */
export function planOf({ plan, dataHost, secrets, tls }: LocalNode, announce: NodeAddress): NodePlan {
  const { site, addresses } = plan
  return {
    engine: site.engine,
    bind: [site.transport === 'stunnel' ? tunnelOf(dataHost.host).inside : dataHost.host],
    announce,
    primary: redisAddress(addresses.dataHosts[0] ?? dataHost),
    tls,
    secrets,
  }
}

type ListeningDirective =
  | 'bind'
  | 'protected-mode'
  | 'daemonize'
  | 'port'
  | 'tls-port'
  | 'tls-cert-file'
  | 'tls-key-file'
  | 'tls-ca-cert-file'
  | 'tls-auth-clients'
  | 'tls-replication'
  | 'tls-protocols'

type DirectiveOf = (name: ListeningDirective, value: string) => Directive[]

/** The listening address, port and TLS. Redis and Sentinel use the same directives. */
export const listening = (plan: NodePlan, directive: DirectiveOf): Directive[] => [
  ...directive('bind', plan.bind.join(' ')),
  ...portDirectives(plan, directive),
  ...directive('protected-mode', 'yes'),
  ...directive('daemonize', 'no'),
]

function portDirectives({ tls, announce: { port } }: NodePlan, directive: DirectiveOf): Directive[] {
  if (tls === null) return directive('port', String(port))
  return [
    ...directive('port', '0'),
    ...directive('tls-port', String(port)),
    ...directive('tls-cert-file', tls.certificate),
    ...directive('tls-key-file', tls.key),
    ...directive('tls-ca-cert-file', tls.authority),
    ...directive('tls-auth-clients', 'yes'),
    ...directive('tls-replication', 'yes'),
    ...directive('tls-protocols', '"TLSv1.2 TLSv1.3"'),
  ]
}
