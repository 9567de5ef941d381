import { createHash } from 'node:crypto'
import { Connection, type NodeAddress, type Reply, type TlsOptions } from '@holdfast/tokens/redis'
import { readList } from '../../redis/lines.ts'
import { type AclUser, type Categories, parseAclUser } from '../acl.ts'
import type { AclView } from '../snapshot.ts'
import { readDenial } from './replies.ts'

/** Asks one process as its admin. */
export type Ask = (...commands: string[][]) => Promise<Reply[]>

/** Where a process listens, and how it is connected to. */
interface Dial {
  address: NodeAddress
  tls: TlsOptions | null
  timeoutMs: number
}

/** The users of one process, what it has denied, and whether each planned user can log in. */
export async function collectAcl(
  dial: Dial,
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
    logins: await tryLogins(dial, users, passwords),
  }
}

async function readCategories(ask: Ask): Promise<Categories> {
  const [reply] = await ask(['ACL', 'CAT'])
  const names = readList(reply).map(String)
  const members = await ask(...names.map((name) => ['ACL', 'CAT', name]))
  const categories = names.map((name, index): [string, string[]] => [
    name,
    readList(members[index]).map(String),
  ])
  return {
    ...Object.fromEntries(categories),
    all: [...new Set(categories.flatMap(([, commands]) => commands))],
  }
}

/**
 * Logs in afresh as each user whose password the process should take. Where its list of users says that it would
 * not, nobody tries: the attempt would stand in its log of denials, and be found by the next examination.
 */
async function tryLogins(
  { address, tls, timeoutMs }: Dial,
  users: readonly AclUser[],
  passwords: Readonly<Record<string, string>>,
): Promise<Record<string, string | null>> {
  const able = Object.entries(passwords).filter(([name, password]) => {
    const user = users.find((one) => one.name === name)
    return user?.isOn && user.passwordHashes.includes(sha256(password))
  })
  const attempts = able.map(async ([username, password]): Promise<[string, string | null]> => {
    try {
      const access = { username, password, ...(tls && { tls }) }
      ;(await Connection.open({ address, ...access, connectTimeoutMs: timeoutMs })).close()
      return [username, null]
    } catch (error) {
      return [username, error instanceof Error ? error.message : String(error)]
    }
  })
  return Object.fromEntries(await Promise.all(attempts))
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
