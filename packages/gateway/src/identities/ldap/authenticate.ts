import { randomUUID } from 'node:crypto'
import { type Client, InappropriateAuthError, InvalidCredentialsError } from 'ldapts'
import type { LdapConfig } from '../../config/identities.ts'
import type { Authenticate, Authentication } from '../../users/authenticate.ts'
import { isUserName } from '../../users/file.ts'
import { createTurns } from '../../users/turns.ts'
import { toIdentity } from '../identity.ts'
import { type LdapAccess, LdapServerError, type Steps, withServer } from './connection.ts'
import { namingValue, valuesOf } from './entry.ts'
import { findGroups, findPeople } from './person.ts'

/** With the password of the one who searches, also where the configuration names a file. */
export type OpenLdapConfig = LdapConfig & { bindPassword: string }

/**
 * Checks names and passwords by a directory: binds as the one who searches, finds the person and the groups, and binds
 * as the person. Each login has a connection of its own, of a bounded number. The servers are asked in turn, beginning
 * with the one that answered last; only an answer counts, so that a server which is away refuses nobody.
 * INV-GATEWAY-8.
 */
export function createLdapAuthenticate(config: OpenLdapConfig, ca: string | undefined): Authenticate {
  const { urls, startTls, timeoutMs } = config
  const access: LdapAccess = { startTls, ca, timeoutMs }
  const turns = createTurns({
    atOnce: config.connections,
    waiting: config.waiting,
    // Whoever waits longer would get an answer that the browser no longer waits for.
    waitMs: timeoutMs * urls.length,
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
    return { status: 'unavailable', cause: `No server of the directory could say. ${causes.join('; ')}.` }
  }

  return async (typed, password) => {
    // A bind with a name and no password succeeds as nobody (RFC 4513, section 5.1.2).
    if (password === '') return { status: 'refused', reason: 'unknown-user' }
    return (await turns.take(() => ask(typed.normalize('NFC'), password))) ?? { status: 'busy' }
  }
}

async function askServer(
  client: Client,
  config: OpenLdapConfig,
  { name, password }: { name: string; password: string },
  steps: Steps,
): Promise<Authentication> {
  steps.step = 'binding as the one who searches'
  await client.bind(config.bindDn, config.bindPassword)
  steps.step = 'searching the person'
  const [person, another] = await findPeople(client, config, name)
  if (person === undefined || person.dn === '') {
    // As many questions as for a person who is known, so that the time tells less of which names exist.
    steps.step = 'binding as nobody'
    await isPasswordOf(client, `cn=${randomUUID()},${config.users.base}`, password)
    return { status: 'refused', reason: 'unknown-user' }
  }
  steps.step = 'searching the groups'
  const groups = await findGroups(client, config, person)
  steps.step = 'binding as the person'
  const fits = await isPasswordOf(client, person.dn, password)

  const { users } = config
  const subject = namingValue(person, users.subject, name)
  if (another !== undefined || subject === null || !isUserName(subject)) {
    return { status: 'refused', reason: 'unusable-identity', subject: name }
  }
  if (!fits) return { status: 'refused', reason: 'wrong-password', subject }
  const [fullName] = valuesOf(person, users.name)
  const [email] = valuesOf(person, users.email)
  const identity = toIdentity({ subject, name: fullName, email, groups })
  if (identity === null) return { status: 'refused', reason: 'unusable-identity', subject }
  return { status: 'accepted', identity }
}

/** Throws when the server says neither yes nor no. */
async function isPasswordOf(client: Client, dn: string, password: string): Promise<boolean> {
  try {
    await client.bind(dn, password)
    return true
  } catch (error) {
    if (error instanceof InvalidCredentialsError || error instanceof InappropriateAuthError) return false
    throw error
  }
}
