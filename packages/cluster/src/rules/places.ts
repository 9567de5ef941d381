import type { Path } from '../site/finding.ts'
import { type DataCentre, type Host, hostsThatRun, type Service, type Site } from '../site/site.ts'

/** A host, and where in the file it is. */
export interface PlacedHost {
  dataCentre: DataCentre
  host: Host
  path: Path
}

export const dataCentrePath = ({ name }: DataCentre): Path => ['dataCentres', name]

/** The hosts of a data centre that run any of the services; without services, all. */
export function hostsOf(dataCentre: DataCentre, services?: readonly Service[]): PlacedHost[] {
  return dataCentre.hosts
    .map((host, index) => ({ dataCentre, host, path: [...dataCentrePath(dataCentre), 'hosts', index] }))
    .filter(({ host }) => services === undefined || host.runs.some((service) => services.includes(service)))
}

/** The hosts of all data centres that run any of the services; without services, all. */
export const allHosts = ({ dataCentres }: Site, services?: readonly Service[]): PlacedHost[] =>
  dataCentres.flatMap((dataCentre) => hostsOf(dataCentre, services))

export const countOf = (dataCentre: DataCentre, service: Service): number =>
  hostsThatRun(dataCentre, service).length

/** Where a host's file says that it runs the first of these services. */
export const servicePath = ({ host, path }: PlacedHost, ...services: Service[]): Path => [
  ...path,
  'runs',
  host.runs.findIndex((service) => services.includes(service)),
]
