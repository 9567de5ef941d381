import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Reply } from '@holdfast/tokens/redis'
import { CommandTable } from '../../src/commands/command-table.ts'

/** The answer of Redis 7.0.15 to `COMMAND`, decoded, in the order of the names. */
const REDIS_7_0: Reply[] = JSON.parse(readFileSync(join(import.meta.dirname, 'redis-7.0.15.json'), 'utf8'))

export const TABLE = CommandTable.from(REDIS_7_0)

/** The arguments of a call, split at blanks. */
export const call = (text: string): Buffer[] => text.split(' ').map((word) => Buffer.from(word, 'latin1'))

/** The flags of each command and sub-command of the server's answer. */
export function flagsByName(): Map<string, string[]> {
  const flags = new Map<string, string[]>()
  const add = (replies: Reply) => {
    for (const reply of replies as Reply[][]) {
      flags.set(String(reply[0]), reply[2] as string[])
      add(reply[9] ?? [])
    }
  }
  add(REDIS_7_0)
  return flags
}
