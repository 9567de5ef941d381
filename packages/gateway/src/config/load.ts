import type { TlsOptions } from '@holdfast/tokens'
import { ConfigInvalidError } from '../base/errors.ts'
import { checkValue, type Parsed, parseJsonText } from '../files/json.ts'
import { readPublicFile, readServiceFile } from '../files/private.ts'
import { versionOf, versionsOf } from '../files/version.ts'
import { type GatewayConfig, gatewayConfigSchema, type TlsFiles } from './schema.ts'

const LABEL = 'configuration file'

/**
 * Reads and checks a gateway's configuration file.
 * Throws `FILE_UNUSABLE` (missing, unreadable, or readable by others than root's group) or `CONFIG_INVALID`, naming each
 * wrong key.
 */
export async function loadGatewayConfig(file: string): Promise<GatewayConfig> {
  return (await loadWithRaw(file)).config
}

/** The same, with the values as they are in the file, without defaults. */
async function loadWithRaw(file: string): Promise<{ config: GatewayConfig; raw: unknown }> {
  const text = await readServiceFile(file, LABEL)
  const config = configOf(parseJsonText(text, gatewayConfigSchema), `The ${LABEL} ${file}`)
  return { config, raw: JSON.parse(text) }
}

/** Checks a configuration that is already parsed from JSON. Throws `CONFIG_INVALID`, naming each wrong key. */
export function parseGatewayConfig(value: unknown): GatewayConfig {
  return configOf(checkValue(value, gatewayConfigSchema), "The gateway's configuration")
}

function configOf(parsed: Parsed<GatewayConfig>, subject: string): GatewayConfig {
  if ('value' in parsed) return parsed.value
  throw new ConfigInvalidError(`${subject} cannot be used. ${parsed.mistakes.join(' ')}`)
}

/** Reads the TLS files. Throws `FILE_UNUSABLE`, also when others than root's group may read the key. */
async function readTls({ caFile, certFile, keyFile, servername }: TlsFiles): Promise<TlsOptions> {
  const [ca, cert, key] = await Promise.all([
    readPublicFile(caFile, 'authority certificate'),
    certFile === undefined ? undefined : readPublicFile(certFile, 'certificate'),
    keyFile === undefined ? undefined : readServiceFile(keyFile, 'private key'),
  ])
  return {
    ca,
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
  }
}

/** The whole configuration of a gateway, as its files held it at one time. */
export interface Configuration {
  config: GatewayConfig
  /** The values as they are in the configuration file. */
  raw: unknown
  tls: TlsOptions | undefined
  /** The configuration file and the files that it names. */
  files: string[]
  /** Their versions, taken before reading, so that a change during the reading is noticed at the next check. */
  versions: string
}

/** Reads the configuration file and the TLS files that it names. Throws `FILE_UNUSABLE` or `CONFIG_INVALID`. */
export async function readConfiguration(file: string): Promise<Configuration> {
  const version = await versionOf(file)
  const { config, raw } = await loadWithRaw(file)
  const { tls } = config.store
  const named = [tls?.caFile, tls?.certFile, tls?.keyFile].filter((name) => name !== undefined)
  const versions = [version, await versionsOf(named)].join(' ').trimEnd()
  return { config, raw, tls: tls && (await readTls(tls)), files: [file, ...named], versions }
}
