import { ConfigInvalidError } from '../errors.ts'
import { checkValue, type Parsed, parseJsonText } from '../files/json.ts'
import { readPrivateFile } from '../files/private.ts'
import { type GatewayConfig, gatewayConfigSchema } from './schema.ts'

const LABEL = 'configuration file'

/**
 * Reads and checks a gateway's configuration file.
 * Throws `FILE_UNUSABLE` (missing, unreadable, open to other users) or `CONFIG_INVALID`, naming each wrong key.
 */
export async function loadGatewayConfig(file: string): Promise<GatewayConfig> {
  const text = await readPrivateFile(file, LABEL)
  return configOf(parseJsonText(text, gatewayConfigSchema), `The ${LABEL} ${file}`)
}

/** Checks a configuration that is already parsed from JSON. Throws `CONFIG_INVALID`, naming each wrong key. */
export function parseGatewayConfig(value: unknown): GatewayConfig {
  return configOf(checkValue(value, gatewayConfigSchema), "The gateway's configuration")
}

function configOf(parsed: Parsed<GatewayConfig>, subject: string): GatewayConfig {
  if ('value' in parsed) return parsed.value
  throw new ConfigInvalidError(`${subject} cannot be used. ${parsed.mistakes.join(' ')}`)
}
