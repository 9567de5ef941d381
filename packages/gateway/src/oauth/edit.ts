import { ConfigInvalidError } from '../base/errors.ts'
import { clientSchema, type OAuthClient } from '../config/clients.ts'
import { gatewayConfigSchema } from '../config/schema.ts'
import { checkValue, parseJsonText } from '../files/json.ts'
import { replacePrivateFile, withFileLock } from '../files/locked.ts'
import { readServiceFile } from '../files/private.ts'
import { clientSecretHash, generateClientSecret } from './clients.ts'

/** A new client, and its secret, which is stored nowhere. */
export interface NewClient {
  secret: string
  /** For `oauth.clients` of each gateway's configuration. */
  entry: OAuthClient
}

/** Makes a client with a secret of 256 random bits. Throws `CONFIG_INVALID` for an invalid id. */
export function createClient(id: string, may: OAuthClient['may']): NewClient {
  const secret = generateClientSecret()
  const parsed = checkValue({ id, secretSha256: clientSecretHash(secret), may }, clientSchema)
  if ('mistakes' in parsed) {
    throw new ConfigInvalidError(`"${id}" cannot be a client id. ${parsed.mistakes.join(' ')}`)
  }
  return { secret, entry: parsed.value }
}

/**
 * Adds a client to a gateway's configuration file. A running gateway applies it a second later if its file had an `oauth`
 * section when it started, and otherwise after a restart. Throws `CONFIG_INVALID` (the file is not valid, or already has a client
 * with that id) or `FILE_UNUSABLE`; then the file is unchanged.
 */
export async function addClient(configFile: string, entry: OAuthClient): Promise<void> {
  const label = 'configuration file'
  await withFileLock(configFile, label, async () => {
    const text = await readServiceFile(configFile, label)
    const before = parseJsonText(text, gatewayConfigSchema)
    if ('mistakes' in before) throw refusal(configFile, before.mistakes)
    // The values of the file, without the defaults that reading it fills in.
    const raw = JSON.parse(text) as { oauth?: { clients: unknown[] } }
    const changed = { ...raw, oauth: { ...raw.oauth, clients: [...(raw.oauth?.clients ?? []), entry] } }
    const after = checkValue(changed, gatewayConfigSchema)
    if ('mistakes' in after) throw refusal(configFile, after.mistakes)
    await replacePrivateFile(configFile, label, `${JSON.stringify(changed, null, 2)}\n`)
  })
}

const refusal = (file: string, mistakes: readonly string[]) =>
  new ConfigInvalidError(`The client was not added to ${file}. ${mistakes.join(' ')}`)
