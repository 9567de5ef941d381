import type { Path, Problem } from '../file/finding.ts'
import { type DataCentre, type Host, hostsThatRun, type Service, type Site } from '../file/site.ts'

/** A host, and its path in the file. */
export interface LocatedHost {
  dataCentre: DataCentre
  host: Host
  path: Path
}

export const dataCentrePath = ({ name }: DataCentre): Path => ['dataCentres', name]

/** The hosts of a data centre that run at least one of the services. Without `services`: every host. */
export function hostsOf(dataCentre: DataCentre, services?: readonly Service[]): LocatedHost[] {
  return dataCentre.hosts
    .map((host, index) => ({ dataCentre, host, path: [...dataCentrePath(dataCentre), 'hosts', index] }))
    .filter(({ host }) => services === undefined || host.runs.some((service) => services.includes(service)))
}

/** The same for the hosts of all data centres. */
export const allHosts = ({ dataCentres }: Site, services?: readonly Service[]): LocatedHost[] =>
  dataCentres.flatMap((dataCentre) => hostsOf(dataCentre, services))

export const countOf = (dataCentre: DataCentre, service: Service): number =>
  hostsThatRun(dataCentre, service).length

/** The path of the first of these services in the `runs` of a host. */
export const servicePath = ({ host, path }: LocatedHost, ...services: Service[]): Path => [
  ...path,
  'runs',
  host.runs.findIndex((service) => services.includes(service)),
]

/** The Redis and Sentinel hosts that also run one of these services. `label` names the services in the message. */
export function* besideRedis(site: Site, label: string, ...services: Service[]): Iterable<Problem> {
  for (const located of allHosts(site, ['redis', 'sentinel'])) {
    if (!located.host.runs.some((service) => services.includes(service))) continue
    yield {
      path: servicePath(located, ...services),
      message: `${located.host.name} runs ${label} beside Redis or Sentinel.`,
    }
  }
}
