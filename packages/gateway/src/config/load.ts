import { ConfigInvalidError } from '../errors.ts'
import { checkValue, type Parsed, parseJsonText } from '../files/json.ts'
import { readServiceFile } from '../files/private.ts'
import { type GatewayConfig, gatewayConfigSchema } from './schema.ts'

const LABEL = 'configuration file'

/**
 * Reads and checks a gateway's configuration file.
 * Throws `FILE_UNUSABLE` (missing, unreadable, open to others than a group of root's) or `CONFIG_INVALID`, naming each wrong key.
 */
export async function loadGatewayConfig(file: string): Promise<GatewayConfig> {
  return (await loadWithRaw(file)).config
}

/** The same, with the values as they stand in the file, without defaults. */
export async function loadWithRaw(file: string): Promise<{ config: GatewayConfig; raw: unknown }> {
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
