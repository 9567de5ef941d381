import type { NewSite } from '@holdfast/site/file/compose'

export interface InitOptions {
  hosts?: string[]
  applications?: string[]
  dataCentre?: string
  engine?: string
  transport?: NewSite['transport']
  plainBecause?: string
  timings?: NewSite['timings']
  force?: boolean
  json?: boolean
}

export const DEFAULTS = { dataCentre: 'dc1', engine: 'redis 7.0', transport: 'tls', timings: 'fast' } as const
