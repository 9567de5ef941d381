import type { Timings } from '../topology/topology.ts'

/** What `holdfast.yaml` describes: data centres that are built alike and share nothing. Addresses are checked by rules. */
export interface Site {
  engine: Engine
  profile: Profile
  transport: Transport
  /** Why tokens may travel unencrypted; asked for with the transport `plain` between hosts. */
  plainBecause: string | null
  timings: Timings
  dataCentres: DataCentre[]
}

/** What runs as the token store. */
export interface Engine {
  name: 'redis' | 'valkey'
  version: EngineVersion
}

export type EngineVersion = '7.0' | '7.2' | '7.4' | '8.0' | '9.0'

/**
 * `hardened` is what Holdfast recommends. `as-documented` is what the document "Shared Token Redis" prints, and no
 * more.
 */
export type Profile = 'hardened' | 'as-documented'

/** What protects the traffic between hosts. */
export type Transport = 'tls' | 'stunnel' | 'wireguard' | 'plain'

/** One data centre: a separate set of Redis and Sentinels, with its own secrets, certificate authority and mark. */
export interface DataCentre {
  name: string
  /** The name under which its Sentinels watch the primary. */
  primaryName: string
  /** The first host that runs Redis begins as the primary. */
  hosts: Host[]
  /** Where its secrets are. */
  secrets: SecretsPlace
}

/** A folder of private files, variables of the environment with a prefix, or the credentials that systemd hands over. */
export type SecretsPlace =
  | { kind: 'file'; path: string }
  | { kind: 'environment'; prefix: string }
  | { kind: 'credentials' }

/** One machine. */
export interface Host {
  /** 1 to 63 of `a-z`, `0-9`, `-`: a DNS label, and a name in its certificate. */
  name: string
  /** IPv4 or IPv6 address at which the others reach it. */
  address: string
  /** Further names in its certificate. */
  names: string[]
  /** Its address inside the tunnel, when the transport is `wireguard`. */
  tunnelAddress: string | null
  runs: Service[]
}

/** What runs on a host. `mongodb` and `rabbitmq` are not Holdfast's, but what stands beside Redis matters to the rules. */
export type Service = 'redis' | 'sentinel' | 'application' | 'gateway' | 'balancer' | 'mongodb' | 'rabbitmq'

/** The hosts of a data centre that run a service, in the file's order. */
export const hostsThatRun = ({ hosts }: DataCentre, service: Service): Host[] =>
  hosts.filter(({ runs }) => runs.includes(service))
