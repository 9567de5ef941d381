import type { TlsOptions } from '@holdfast/tokens'
import { versionOf, versionsOf } from '../files/version.ts'
import { loadWithRaw } from './load.ts'
import type { GatewayConfig } from './schema.ts'
import { readTls } from './tls.ts'

/** All that a gateway is configured by, as its files held it at one time. */
export interface Configuration {
  config: GatewayConfig
  /** The configuration file's values, as they stand there. */
  raw: unknown
  tls: TlsOptions | undefined
  /** The configuration file, and the files that it names. */
  files: string[]
  /** Their versions, taken before they were read: a change meanwhile shows at the next look. */
  versions: string
}

/** Reads the configuration file and the files of TLS that it names. Throws `FILE_UNUSABLE` or `CONFIG_INVALID`. */
export async function readConfiguration(file: string): Promise<Configuration> {
  const version = await versionOf(file)
  const { config, raw } = await loadWithRaw(file)
  const { tls } = config.store
  const named = [tls?.caFile, tls?.certFile, tls?.keyFile].filter((name) => name !== undefined)
  const versions = [version, await versionsOf(named)].join(' ').trimEnd()
  return { config, raw, tls: tls && (await readTls(tls)), files: [file, ...named], versions }
}
