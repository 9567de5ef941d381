/**
 * The places of a testbed. Each place is a network namespace with one address. A data host has two places, one for its
 * Redis and one for its Sentinel, so that a cut can also separate these two.
 */
const ALL_DATA_HOSTS = ['a', 'b', 'c', 'd', 'e'] as const
export type DataHost = (typeof ALL_DATA_HOSTS)[number]

/**
 * The variable with the number of data hosts of a run. Each run is its own process, and all processes that it starts
 * inherit the variable.
 */
export const NODES_VARIABLE = 'HOLDFAST_FAULTS_NODES'
export const USUAL_NODES = 3

export const DATA_HOSTS: readonly DataHost[] = ALL_DATA_HOSTS.slice(
  0,
  Number(process.env[NODES_VARIABLE] ?? USUAL_NODES),
)

/** The number of data hosts that form a majority. It is also Sentinel's quorum. */
export const MAJORITY = Math.floor(DATA_HOSTS.length / 2) + 1

/** The place of a Redis outside the data centre: a replica that an operator attaches by hand. */
export const FOREIGN_PLACE = 'x'

export type SentinelPlace = `s${DataHost}`

export const APP_HOSTS = ['app1', 'app2', 'app3'] as const
export type AppHost = (typeof APP_HOSTS)[number]

export type Place = DataHost | SentinelPlace | AppHost | typeof FOREIGN_PLACE

export const sentinelOf = (host: DataHost): SentinelPlace => `s${host}`

export const hostOf = (sentinel: SentinelPlace): DataHost => sentinel.slice(1) as DataHost

/** Redis and Sentinel of a data host. */
export const placesOf = (host: DataHost): (DataHost | SentinelPlace)[] => [host, sentinelOf(host)]

export const SENTINEL_PLACES: readonly SentinelPlace[] = DATA_HOSTS.map(sentinelOf)

export const PLACES: readonly Place[] = [...DATA_HOSTS, ...SENTINEL_PLACES, ...APP_HOSTS, FOREIGN_PLACE]

const NETWORK = '10.77.0'
/** The campaign's own address, on the bridge itself. Faults do not touch it. */
export const CONTROL_ADDRESS = `${NETWORK}.1`

export function addressOf(place: Place): string {
  return `${NETWORK}.${11 + PLACES.indexOf(place)}`
}

export const REDIS_PORT = 6379
export const SENTINEL_PORT = 26_379
