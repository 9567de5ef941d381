/**
 * The places of a site: each is a network namespace with one address. A data host is two of them, its Redis and
 * its Sentinel, so that a cut need not run along the lines of the hosts.
 */
export const DATA_HOSTS = ['a', 'b', 'c'] as const
export type DataHost = (typeof DATA_HOSTS)[number]

export type SentinelPlace = `s${DataHost}`

export const APP_HOSTS = ['app1', 'app2', 'app3'] as const
export type AppHost = (typeof APP_HOSTS)[number]

export type Place = DataHost | SentinelPlace | AppHost

export const sentinelOf = (host: DataHost): SentinelPlace => `s${host}`

/** Redis and Sentinel of a data host. */
export const placesOf = (host: DataHost): (DataHost | SentinelPlace)[] => [host, sentinelOf(host)]

export const SENTINEL_PLACES: readonly SentinelPlace[] = DATA_HOSTS.map(sentinelOf)

export const PLACES: readonly Place[] = [...DATA_HOSTS, ...SENTINEL_PLACES, ...APP_HOSTS]

const NETWORK = '10.77.0'
/** The campaign's own address, on the bridge itself: no fault touches it. */
export const CONTROL_ADDRESS = `${NETWORK}.1`

export function addressOf(place: Place): string {
  return `${NETWORK}.${11 + PLACES.indexOf(place)}`
}

export const REDIS_PORT = 6379
export const SENTINEL_PORT = 26_379
