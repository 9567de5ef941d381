import { TIMINGS } from '../topology/topology.ts'
import type { SiteValues } from './schema.ts'
import type { DataCentre, EngineVersion, SecretsPlace, Site } from './site.ts'

type DataCentreValues = SiteValues['dataCentres'][string]

/** The site that the values of a `holdfast.yaml` describe. Pure. */
export function siteOf({ version: _, ...values }: SiteValues): Site {
  const { engine, plainBecause, timings, dataCentres, ...rest } = values
  const [name, version] = engine.split(' ') as ['redis' | 'valkey', EngineVersion]
  return {
    ...rest,
    engine: { name, version },
    plainBecause: plainBecause ?? null,
    timings: typeof timings === 'string' ? TIMINGS[timings] : { name: 'custom', ...timings },
    dataCentres: Object.entries(dataCentres).map(([dataCentre, given]) => dataCentreOf(dataCentre, given)),
  }
}

function dataCentreOf(name: string, { secrets, hosts, ...rest }: DataCentreValues): DataCentre {
  return {
    name,
    ...rest,
    secrets: placeOf(secrets),
    hosts: hosts.map(({ tunnelAddress = null, ...host }) => ({ ...host, tunnelAddress })),
  }
}

function placeOf(given: DataCentreValues['secrets']): SecretsPlace {
  if (given === 'credentials') return { kind: 'credentials' }
  return 'file' in given
    ? { kind: 'file', path: given.file }
    : { kind: 'environment', prefix: given.environment }
}

/** The inverse of {@link siteOf}: the values of a `holdfast.yaml` that describes this site. Pure. */
export function siteValues({ engine, plainBecause, timings, dataCentres, ...rest }: Site): SiteValues {
  const { name, ...custom } = timings
  return {
    version: 1,
    ...rest,
    engine: `${engine.name} ${engine.version}` as SiteValues['engine'],
    ...(plainBecause !== null && { plainBecause }),
    timings: name === 'custom' ? custom : name,
    dataCentres: Object.fromEntries(
      dataCentres.map((dataCentre) => [dataCentre.name, dataCentreValues(dataCentre)]),
    ),
  }
}

function dataCentreValues({ name: _, secrets, hosts, ...rest }: DataCentre): DataCentreValues {
  return {
    ...rest,
    secrets: placeValue(secrets),
    hosts: hosts.map(({ tunnelAddress, ...host }) => ({
      ...host,
      ...(tunnelAddress !== null && { tunnelAddress }),
    })),
  }
}

function placeValue(place: SecretsPlace): DataCentreValues['secrets'] {
  if (place.kind === 'credentials') return 'credentials'
  return place.kind === 'file' ? { file: place.path } : { environment: place.prefix }
}
