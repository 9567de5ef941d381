import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '../errors.ts'
import { capital, judgeText, nothing, type SecretsSeen } from './seen.ts'

/** The name of the credential: `LoadCredentialEncrypted=holdfast-secrets.json` in the unit. */
const CREDENTIAL = 'holdfast-secrets.json'

/** Looks at the credential that systemd hands over, which systemd keeps from all other users. */
export async function seeCredentials(directory: string | undefined): Promise<SecretsSeen> {
  if (!directory) return nothing(`the credential ${CREDENTIAL} (there is no CREDENTIALS_DIRECTORY)`)
  const file = join(directory, CREDENTIAL)
  const where = `the credential ${file}`
  try {
    return judgeText(where, await readFile(file, 'utf8'))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return nothing(where)
    return {
      ...nothing(where),
      absent: false,
      unusable: [`${capital(where)} cannot be read (${systemCode(error)}).`],
    }
  }
}
