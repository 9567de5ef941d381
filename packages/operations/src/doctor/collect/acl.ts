import { createHash } from 'node:crypto'
import { readList } from '@holdfast/agent/redis/replies'
import { AuthFailedError, RedisReplyError } from '@holdfast/tokens'
import { Connection, type NodeAddress, type Reply, type TlsOptions } from '@holdfast/tokens/redis'
import { type AclUser, type Categories, categoriesOf, parseAclUser } from '../acl.ts'
import type { AclView } from '../snapshot.ts'
import { readDenial } from './replies.ts'

/** Sends commands to one process as its admin. */
export type Ask = (...commands: string[][]) => Promise<Reply[]>

/** The address of a process, and how to connect to it. */
interface Endpoint {
  address: NodeAddress
  tls: TlsOptions | null
  timeoutMs: number
}

/** The users of one process, its log of denials, and whether each planned user can log in. */
export async function collectAcl(
  endpoint: Endpoint,
  ask: Ask,
  plannedText: string,
  passwords: Readonly<Record<string, string>>,
): Promise<AclView> {
  const [list, log] = await ask(['ACL', 'LIST'], ['ACL', 'LOG'])
  const lines = readList(list).map(String)
  const categories = await readCategories(ask)
  const read = (line: string) => parseAclUser(line, categories)
  const users = lines.map(read)
  const planned = plannedText.trim().split('\n').map(read)
  return {
    users,
    planned,
    denials: readList(log).map(readDenial),
    ...(await tryLogins(endpoint, users, passwords)),
  }
}

async function readCategories(ask: Ask): Promise<Categories> {
  const [reply] = await ask(['ACL', 'CAT'])
  const names = readList(reply).map(String)
  const members = await ask(...names.map((name) => ['ACL', 'CAT', name]))
  return categoriesOf(names.map((name, index) => [name, readList(members[index]).map(String)]))
}

/**
 * Logs in, by a new connection, as each user whose planned password the process accepts by its list of users. The others are
 * not tried: the attempt would be logged as a denial, and the next examination would report it.
 */
async function tryLogins(
  { address, tls, timeoutMs }: Endpoint,
  users: readonly AclUser[],
  passwords: Readonly<Record<string, string>>,
): Promise<Pick<AclView, 'logins' | 'unanswered'>> {
  const able = Object.entries(passwords).filter(([name, password]) => {
    const user = users.find((one) => one.name === name)
    return user?.isOn && user.passwordHashes.includes(sha256(password))
  })
  const logins: AclView['logins'] = {}
  const unanswered: string[] = []
  await Promise.all(
    able.map(async ([username, password]) => {
      try {
        const access = { username, password, ...(tls && { tls }) }
        ;(await Connection.open({ address, ...access, connectTimeoutMs: timeoutMs })).close()
        logins[username] = null
      } catch (error) {
        if (error instanceof AuthFailedError || error instanceof RedisReplyError)
          logins[username] = error.message
        else unanswered.push(username)
      }
    }),
  )
  return { logins, unanswered: unanswered.sort() }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
