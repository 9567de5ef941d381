import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ClusterError, systemCode } from '../errors.ts'
import type { SecretsPlace } from '../file/site.ts'
import { createInFolder, seeFolder } from './folder-place.ts'
import { generateSecrets, SECRET_NAMES, type Secrets } from './secrets.ts'
import { capital, inspectText, inspectValues, nothing, type SecretsSeen } from './seen.ts'

/** The name of the credential: `LoadCredentialEncrypted=holdfast-secrets.json` in the unit. */
const CREDENTIAL = 'holdfast-secrets.json'

/**
 * Loads the secrets of a data centre from the place that its site names: `secrets.json` (0600) in a folder (0700) of
 * this user, environment variables, or a systemd credential. With `createFor`, the name of the data centre, an empty
 * folder gets new secrets of 256 random bits each. Two processes that create secrets at the same time get the same
 * ones.
 *
 * Throws `SECRETS_MISSING`, and `SECRETS_UNUSABLE` if other users can access the secrets, another user owns them, or
 * some are missing or invalid. No message shows a secret.
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
    throw new ClusterError(
      'SECRETS_MISSING',
      `There are no secrets in ${seen.where}. Put the secrets of this data centre there first.`,
    )
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
      `Cannot write new secrets to ${folder} (${systemCode(cause)}). Choose another folder, or let this user write to it.`,
      { cause },
    )
  }
}

/** Inspects a place that keeps secrets, and throws nothing about its content. Folders are relative to `baseFolder`. */
export async function seeSecrets(place: SecretsPlace, baseFolder: string): Promise<SecretsSeen> {
  if (place.kind === 'file') return seeFolder(resolve(baseFolder, place.path))
  if (place.kind === 'environment') return seeEnvironment(place.prefix, process.env)
  return seeCredential(process.env['CREDENTIALS_DIRECTORY'])
}

/** The secrets that are not a text. */
const AS_JSON: readonly string[] = ['keyring', 'proxyUsers']

/** Inspects secrets in the environment: one variable each. */
function seeEnvironment(
  prefix: string,
  environment: Readonly<Record<string, string | undefined>>,
): SecretsSeen {
  const where = `the environment, as ${prefix}_...`
  const values = SECRET_NAMES.flatMap((secret) => {
    const text = environment[variableOf(prefix, secret)]
    return text === undefined ? [] : [[secret, AS_JSON.includes(secret) ? parseJson(text) : text]]
  })
  if (values.length === 0) return nothing(where)
  return inspectValues(where, Object.fromEntries(values), (secret) => variableOf(prefix, secret))
}

/** The variable of a secret: `DC1_SENTINEL_ADMIN` for `sentinelAdmin`. */
const variableOf = (prefix: string, secret: string): string =>
  `${prefix}_${secret.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Inspects a systemd credential, which systemd hides from all other users. */
async function seeCredential(directory: string | undefined): Promise<SecretsSeen> {
  if (!directory) return nothing(`the credential ${CREDENTIAL} (CREDENTIALS_DIRECTORY is not set)`)
  const file = join(directory, CREDENTIAL)
  const where = `the credential ${file}`
  try {
    return inspectText(where, await readFile(file, 'utf8'))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return nothing(where)
    return {
      ...nothing(where),
      absent: false,
      unusable: [`${capital(where)} cannot be read (${systemCode(error)}).`],
    }
  }
}
