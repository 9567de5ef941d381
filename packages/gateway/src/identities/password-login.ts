import { randomUUID } from 'node:crypto'
import { accountOf } from '../limits/names.ts'
import type { Authenticate, Authentication } from '../users/authenticate.ts'
import type { UserDirectory } from '../users/directory.ts'

/** The sources that check passwords. At least one of them is present. */
export interface PasswordSources {
  file: { users: UserDirectory; authenticate: Authenticate } | null
  directory: Authenticate | null
  /** The prefix of the subjects of a provider's users; undefined or empty when there is none. */
  providerPrefix?: string | undefined
}

/**
 * Checks names and passwords by the users file and by a directory. Only the file decides about a name that it contains: a
 * directory user with that name, or another spelling of it, does not become that user, nor a user of the provider.
 *
 * A refusal costs the same for every name, so that its time does not reveal which names are in the file: one password hash,
 * and one conversation with the directory. For a name of the file the directory gets another name and another password.
 * INV-GATEWAY-9.
 */
export function createPasswordLogin(sources: PasswordSources): Authenticate | null {
  const { file, directory, providerPrefix = '' } = sources
  if (directory === null) return file?.authenticate ?? null
  const ask: Authenticate = async (name, password) => {
    const answer = await directory(name, password)
    if (answer.status !== 'accepted') return answer
    const { subject } = answer.identity
    const isOfProvider = providerPrefix !== '' && accountOf(subject).startsWith(accountOf(providerPrefix))
    const isTaken = isOfProvider || (await file?.users.isTaken(subject)) === true
    return isTaken ? { status: 'refused', reason: 'name-taken', subject } : answer
  }
  if (file === null) return ask

  return async (name, password, device) => {
    const isInFile = (await file.users.find(name)) !== undefined
    // A name of the directory costs the hash of an unknown user.
    const checks: [Promise<Authentication>, Promise<Authentication>] = isInFile
      ? [file.authenticate(name, password, device), ask(randomUUID(), randomUUID())]
      : [ask(name, password), file.authenticate(name, password, device)]
    const [answer, other] = checks
    // Settled, so that its failure is handled also when the answer does not wait for it.
    const cost = Promise.allSettled([other])
    const answered = await answer
    // A correct password reveals nothing new, and its answer must not wait for a directory that hangs.
    if (answered.status !== 'accepted' && answered.status !== 'change-required') await cost
    return answered
  }
}
