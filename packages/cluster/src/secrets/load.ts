import { resolve } from 'node:path'
import { ClusterError, systemCode } from '../errors.ts'
import type { SecretsPlace } from '../site/site.ts'
import { seeCredentials } from './credentials-place.ts'
import { seeEnvironment } from './environment-place.ts'
import { createInFolder, seeFolder } from './folder-place.ts'
import { generateSecrets, type Secrets } from './secrets.ts'
import type { SecretsSeen } from './seen.ts'

/** Looks at a place of secrets without judging what it means. Relative folders begin at `baseFolder`. */
export async function seeSecrets(place: SecretsPlace, baseFolder: string): Promise<SecretsSeen> {
  if (place.kind === 'file') return seeFolder(resolve(baseFolder, place.path))
  if (place.kind === 'environment') return seeEnvironment(place.prefix, process.env)
  return seeCredentials(process.env['CREDENTIALS_DIRECTORY'])
}

/**
 * The secrets of a data centre from the place that its site names: `secrets.json` (0600) in a folder (0700) of this
 * user, variables of the environment, or a systemd credential. With `createFor`, the data centre's name, a folder
 * that has none gets new ones of 256 random bits each; two that create at once get the same.
 *
 * Throws `SECRETS_MISSING`, and `SECRETS_UNUSABLE` when they are open to others, belong to another user, or are not
 * what a data centre needs. No message shows a secret.
 */
export async function loadSecrets(
  place: SecretsPlace,
  baseFolder: string,
  { createFor }: { createFor?: string } = {},
): Promise<Secrets> {
  const seen = await seeSecrets(place, baseFolder)
  if (seen.absent && createFor !== undefined && place.kind === 'file') {
    await createSecrets(resolve(baseFolder, place.path), createFor)
    return usable(await seeSecrets(place, baseFolder))
  }
  return usable(seen)
}

function usable(seen: SecretsSeen): Secrets {
  if (seen.absent) {
    throw new ClusterError('SECRETS_MISSING', `There are no secrets in ${seen.where}. Put them there first.`)
  }
  const [reason] = [...seen.open, ...seen.unusable]
  if (reason === undefined && seen.secrets !== null) return seen.secrets
  throw new ClusterError('SECRETS_UNUSABLE', `The secrets cannot be used. ${reason ?? ''}`.trimEnd())
}

async function createSecrets(folder: string, dataCentre: string): Promise<void> {
  try {
    await createInFolder(folder, `${JSON.stringify(generateSecrets(dataCentre), null, 2)}\n`)
  } catch (cause) {
    throw new ClusterError(
      'SECRETS_UNUSABLE',
      `New secrets cannot be written to ${folder} (${systemCode(cause)}). Choose another folder, or give this user the right to it.`,
      { cause },
    )
  }
}
