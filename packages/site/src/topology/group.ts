import { type DataCentre, hostsThatRun, plannedQuorum, type Site } from '../file/site.ts'
import { ROTATION_LIMITS } from '../secrets/limits.ts'
import type { DataHostAddress, Group } from './topology.ts'

/**
 * The view of one data centre of a site that operations use. `addresses` are those of the hosts that run Redis, in the
 * order of the site: their own on real hosts, and loopback addresses for `holdfast up`. Pure.
 */
export function groupOf(
  { timings, rotation = ROTATION_LIMITS, redis }: Site,
  dataCentre: DataCentre,
  addresses: readonly DataHostAddress[],
): Group {
  const hosts = hostsThatRun(dataCentre, 'redis')
  return {
    name: dataCentre.name,
    primaryName: dataCentre.primaryName,
    timings,
    dataHosts: addresses.map((address, index) => {
      const replicaPriority = hosts[index]?.replicaPriority
      return replicaPriority === undefined ? address : { ...address, replicaPriority }
    }),
    rotation,
    quorum: plannedQuorum(dataCentre),
    ...(redis && { redis }),
  }
}
