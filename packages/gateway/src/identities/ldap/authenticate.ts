import { randomUUID } from 'node:crypto'
import {
  type Client,
  ConstraintViolationError,
  InappropriateAuthError,
  InsufficientAccessError,
  InvalidCredentialsError,
  UnwillingToPerformError,
} from 'ldapts'
import { BoundedQueue } from '../../base/queues.ts'
import type { LdapConfig } from '../../config/identities.ts'
import type { Authenticate, Authentication } from '../../users/authenticate.ts'
import { type GroupsToKeep, toIdentity, tooManyGroupsText } from '../../users/identity.ts'
import { isSubject } from '../../users/subject.ts'
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
export function createLdapAuthenticate(
  config: OpenLdapConfig,
  ca: string | undefined,
  groupsToKeep: () => GroupsToKeep = () => null,
): Authenticate {
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
          askServer(client, config, { name, password, keep: groupsToKeep() }, steps),
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
  { name, password, keep }: { name: string; password: string; keep: GroupsToKeep },
  steps: Steps,
): Promise<Authentication> {
  steps.step = 'binding as the search account'
  await client.bind(config.bindDn, config.bindPassword)
  steps.step = 'searching for the user'
  const [user, another] = await findUsers(client, config, name)
  if (user === undefined || user.dn === '') {
    // Binds like for a known user, so that timing reveals less about which names exist.
    steps.step = 'binding as an unknown user'
    await bindAs(client, `cn=${randomUUID()},${config.users.base}`, password)
    return { status: 'refused', reason: 'unknown-user' }
  }
  steps.step = 'searching for the groups'
  const found = await findGroups(client, config, user)
  steps.step = 'binding as the user'
  const bound = await bindAs(client, user.dn, password)

  const { users } = config
  const subject = namingValue(user, users.subject, name)
  if (another !== undefined || subject === null || !isSubject(subject)) {
    return { status: 'refused', reason: 'unusable-identity', subject: name }
  }
  const refuse = (reason: 'wrong-password' | 'account-restricted' | 'too-many-groups', detail?: string) =>
    ({ status: 'refused', reason, subject, ...(detail === undefined ? {} : { detail }) }) as const
  if (bound === 'wrong-password') return refuse('wrong-password')
  if (bound !== 'bound') {
    return refuse(
      'account-restricted',
      `The directory refused the bind of the user with LDAP result code ${bound.code}.`,
    )
  }
  if (found === null) {
    return refuse(
      'too-many-groups',
      "The directory's size limit does not allow to read all groups of the user: narrow `groups.filter`, or raise the limit.",
    )
  }
  const [fullName] = valuesOf(user, users.name)
  const [email] = valuesOf(user, users.email)
  const stated = toIdentity({ subject, name: fullName, email, groups: found.names }, keep)
  if ('tooManyGroups' in stated) {
    return refuse('too-many-groups', tooManyGroupsText(stated.tooManyGroups, 'narrow `groups.filter`'))
  }
  const omitted = [...found.otherDns, ...stated.omitted]
  return { status: 'accepted', method: 'ldap', identity: stated.identity, omitted }
}

/**
 * Binds as a user. Throws when the server gives no clear answer. Directories refuse a locked, expired or inactive account
 * with 19, 50 or 53: that is a refusal of this user on every server, and not an outage.
 */
async function bindAs(
  client: Client,
  dn: string,
  password: string,
): Promise<'bound' | 'wrong-password' | { code: number }> {
  try {
    await client.bind(dn, password)
    return 'bound'
  } catch (error) {
    if (error instanceof InvalidCredentialsError || error instanceof InappropriateAuthError) {
      return 'wrong-password'
    }
    if (
      error instanceof ConstraintViolationError ||
      error instanceof InsufficientAccessError ||
      error instanceof UnwillingToPerformError
    ) {
      return { code: error.code }
    }
    throw error
  }
}
