import { randomUUID } from 'node:crypto'
import { type Client, InappropriateAuthError, InvalidCredentialsError } from 'ldapts'
import { BoundedQueue } from '../../base/queues.ts'
import type { LdapConfig } from '../../config/identities.ts'
import type { Authenticate, Authentication } from '../../users/authenticate.ts'
import { isUserName } from '../../users/file.ts'
import { toIdentity } from '../../users/identity.ts'
import { LdapServerError } from '../errors.ts'
import { type LdapAccess, type Steps, withServer } from './connection.ts'
import { namingValue, valuesOf } from './entry.ts'
import { findGroups, findUsers } from './person.ts'

/** The configuration with the bind password, also when the file names a password file. */
export type OpenLdapConfig = LdapConfig & { bindPassword: string }

/**
 * Checks names and passwords by a directory: binds as the search account, finds the user and the groups, and binds as
 * the user. Each login has its own connection, and their number is bounded. The servers are asked in order, starting with
 * the last one that answered. Only an answer counts, so that an unreachable server refuses no login.
 * INV-GATEWAY-8.
 */
export function createLdapAuthenticate(config: OpenLdapConfig, ca: string | undefined): Authenticate {
  const { urls, startTls, timeoutMs } = config
  const access: LdapAccess = { startTls, ca, timeoutMs }
  const queue = new BoundedQueue({
    maxRunning: config.connections,
    maxWaiting: config.waiting,
    // A browser does not wait longer for its answer.
    maxWaitMs: timeoutMs * urls.length,
  })
  let first = 0

  async function ask(name: string, password: string): Promise<Authentication> {
    const causes: string[] = []
    const begin = first
    for (let tries = 0; tries < urls.length; tries++) {
      const index = (begin + tries) % urls.length
      try {
        const answer = await withServer(urls[index] ?? '', access, (client, steps) =>
          askServer(client, config, { name, password }, steps),
        )
        first = index
        return answer
      } catch (error) {
        if (!(error instanceof LdapServerError)) throw error
        causes.push(error.message)
      }
    }
    return { status: 'unavailable', cause: `No server of the directory answered. ${causes.join('; ')}.` }
  }

  return async (typed, password) => {
    // A bind with a name and an empty password succeeds anonymously (RFC 4513, section 5.1.2).
    if (password === '') return { status: 'refused', reason: 'unknown-user' }
    return (await queue.run(() => ask(typed.normalize('NFC'), password))) ?? { status: 'busy' }
  }
}

async function askServer(
  client: Client,
  config: OpenLdapConfig,
  { name, password }: { name: string; password: string },
  steps: Steps,
): Promise<Authentication> {
  steps.step = 'binding as the search account'
  await client.bind(config.bindDn, config.bindPassword)
  steps.step = 'searching for the user'
  const [user, another] = await findUsers(client, config, name)
  if (user === undefined || user.dn === '') {
    // Binds like for a known user, so that timing reveals less about which names exist.
    steps.step = 'binding as an unknown user'
    await isPasswordOf(client, `cn=${randomUUID()},${config.users.base}`, password)
    return { status: 'refused', reason: 'unknown-user' }
  }
  steps.step = 'searching for the groups'
  const groups = await findGroups(client, config, user)
  steps.step = 'binding as the user'
  const fits = await isPasswordOf(client, user.dn, password)

  const { users } = config
  const subject = namingValue(user, users.subject, name)
  if (another !== undefined || subject === null || !isUserName(subject)) {
    return { status: 'refused', reason: 'unusable-identity', subject: name }
  }
  if (!fits) return { status: 'refused', reason: 'wrong-password', subject }
  const [fullName] = valuesOf(user, users.name)
  const [email] = valuesOf(user, users.email)
  const identity = toIdentity({ subject, name: fullName, email, groups })
  if (identity === null) return { status: 'refused', reason: 'unusable-identity', subject }
  return { status: 'accepted', identity }
}

/** Throws when the server gives no clear answer. */
async function isPasswordOf(client: Client, dn: string, password: string): Promise<boolean> {
  try {
    await client.bind(dn, password)
    return true
  } catch (error) {
    if (error instanceof InvalidCredentialsError || error instanceof InappropriateAuthError) return false
    throw error
  }
}
