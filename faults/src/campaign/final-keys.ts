import type { Redis } from 'ioredis'
import type { FinalKeyReading, KeyContents } from '../checker/keys/rule.ts'
import { ask } from '../data-centre/ask.ts'
import { monotonicMs } from '../history/events.ts'
import { DATA_HOSTS } from '../hosts/places.ts'

const KEYS = 'plain:*'
const LISTS = 'plain:list:'

/**
 * Reads every key of plain clients on every node, and as a client does. Call it after all faults have ended and all commands have
 * finished.
 */
export async function readFinalKeys(client: Redis): Promise<FinalKeyReading[]> {
  const names = await Promise.all(DATA_HOSTS.map((host) => ask(host, ['KEYS', KEYS])))
  const keys = [...new Set(names.flatMap((reply) => (reply as Buffer[]).map(String)))].sort()
  const readings: FinalKeyReading[] = []
  for (const key of keys) {
    const atMs = monotonicMs()
    const held = await Promise.all(
      DATA_HOSTS.map(async (host) => [host, contentsOf(await ask(host, commandFor(key)))] as const),
    )
    const [name = '', ...args] = commandFor(key)
    const asked = contentsOf(await client.call(name, ...args))
    readings.push({ key, atMs, nodes: Object.fromEntries(held), client: asked })
  }
  return readings
}

const commandFor = (key: string) => (key.startsWith(LISTS) ? ['LRANGE', key, '0', '-1'] : ['GET', key])

function contentsOf(reply: unknown): KeyContents {
  if (Array.isArray(reply)) return reply.map(String)
  return reply === null ? null : String(reply)
}
