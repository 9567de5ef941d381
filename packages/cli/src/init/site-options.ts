import type { NewSite } from '@holdfast/cluster/site'
import { UsageError } from '../command.ts'

/** What `holdfast init` may be told beforehand. */
export interface InitOptions {
  hosts?: string[]
  applications?: string[]
  dataCentre?: string
  engine?: string
  transport?: NewSite['transport']
  plainBecause?: string
  timings?: NewSite['timings']
}

export const DEFAULTS = { dataCentre: 'dc1', engine: 'redis 7.0', transport: 'tls', timings: 'fast' } as const

/** The site of a command line that names the hosts. Throws `UsageError`. */
export function siteOfOptions(options: InitOptions, dataHosts: string[]): NewSite {
  if (options.applications === undefined) {
    throw new UsageError('--hosts needs --applications: the addresses of the servers that use the tokens')
  }
  return {
    engine: options.engine ?? DEFAULTS.engine,
    transport: options.transport ?? DEFAULTS.transport,
    ...(options.plainBecause === undefined ? {} : { plainBecause: options.plainBecause }),
    timings: options.timings ?? DEFAULTS.timings,
    dataCentres: [
      { name: options.dataCentre ?? DEFAULTS.dataCentre, dataHosts, applications: options.applications },
    ],
  }
}
