import type { NodeAddress } from '@holdfast/tokens/redis'
import type { Secrets } from '../secrets/secrets.ts'
import type { Engine } from '../site/site.ts'
import { type DataHost, redisAddress, type Topology, tunnelOf } from '../topology/topology.ts'
import type { Directive } from './directive.ts'
import { REFERENCE_ENGINE } from './engine.ts'

/** What a Redis and a Sentinel are configured from alike. */
export interface NodePlan {
  engine: Engine
  /** The addresses at which it listens. */
  bind: string[]
  /** The address by which all others know it; it listens on the same port. */
  announce: NodeAddress
  /** The Redis that begins as the primary. */
  primary: NodeAddress
  /** Null: the traffic is plain, or something else protects it. */
  tls: TlsFiles | null
  secrets: Secrets
}

/** Where a node's certificate is, and that of the authority that all nodes trust. PEM files. */
export interface TlsFiles {
  authority: string
  certificate: string
  key: string
}

/** A Redis or a Sentinel of a local data centre. */
export interface LocalNode {
  topology: Topology
  dataHost: DataHost
  secrets: Secrets
  /** Null: the traffic is plain. */
  tls: TlsFiles | null
}

/** The part of a plan that a host of a local data centre gives, for a service at that address. */
export function planOf({ topology, dataHost, secrets, tls }: LocalNode, announce: NodeAddress): NodePlan {
  return {
    engine: topology.engine ?? REFERENCE_ENGINE,
    bind: [topology.transport === 'stunnel' ? tunnelOf(dataHost.host).inside : dataHost.host],
    announce,
    primary: redisAddress(topology.dataHosts[0] ?? dataHost),
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

/** Where it listens, and what protects that: the same words for Redis and for Sentinel. */
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
