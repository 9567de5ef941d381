import { errorKind, isError, isNull, textOf } from '../resp/reply.ts'
import { elementsOf } from '../resp/reply-splitter.ts'

/** Asks Redis one command that only reads, as the clients of one login. */
export type Look = (db: number, args: readonly (string | Buffer)[]) => Promise<Buffer>

/** Most keys of one command: the server does nothing else meanwhile. */
const MAX_KEYS = 1000
/** The id below all ids of a stream. */
const NOTHING = '0-0'

/**
 * Returns which of these keys exist, with one command for many keys. Only if some exist, halves are asked to find them. An
 * error counts as yes: the command that waits then gets it.
 */
export async function existing(look: Look, db: number, keys: readonly string[]): Promise<string[]> {
  return await findIn(keys, async (some) => {
    const reply = await look(db, ['EXISTS', ...some.map(bytesOf)])
    if (isError(reply)) return reply
    const count = Number(textOf(reply))
    return count === 0 ? [] : count === some.length ? some : null
  })
}

/**
 * Returns which of these streams have an entry behind the id that is known of them, with one command for many streams. A
 * stream without a known id counts as one that has. `newest` then has the id of its newest entry.
 */
export async function withNews(
  look: Look,
  db: number,
  keys: readonly string[],
  newest: Map<string, string>,
): Promise<string[]> {
  const known = keys.filter((key) => newest.has(key))
  const found = await findIn(known, async (some) => {
    const ids = some.map((key) => newest.get(key) ?? NOTHING)
    const reply = await look(db, ['XREAD', 'COUNT', '1', 'STREAMS', ...some.map(bytesOf), ...ids])
    if (isError(reply)) return reply
    return isNull(reply) ? [] : streamsOf(reply)
  })
  const news = [...found, ...keys.filter((key) => !newest.has(key))]
  await Promise.all(
    news.map(async (key) => {
      const id = await newestId(look, db, bytesOf(key))
      if (typeof id === 'string') newest.set(key, id)
    }),
  )
  return news
}

/** The id of the newest entry of a stream, or the server's error. */
export async function newestId(look: Look, db: number, key: Buffer): Promise<string | Buffer> {
  const reply = await look(db, ['XREVRANGE', key, '+', '-', 'COUNT', '1'])
  if (isError(reply)) return reply
  const [entry] = elementsOf(reply) ?? []
  const [id] = entry === undefined ? [] : (elementsOf(entry) ?? [])
  return id === undefined ? NOTHING : textOf(id)
}

/** `ask` returns those that were found, an error, or null if it only knows that there are some. */
async function findIn(
  keys: readonly string[],
  ask: (keys: readonly string[]) => Promise<readonly string[] | Buffer | null>,
): Promise<string[]> {
  if (keys.length === 0) return []
  if (keys.length > MAX_KEYS) return await inHalves(keys, (half) => findIn(half, ask))
  const answer = await ask(keys)
  if (answer !== null && !Buffer.isBuffer(answer)) return [...answer]
  if (Buffer.isBuffer(answer)) {
    // There is no primary: nothing is known, and the next look comes soon.
    if (errorKind(answer) === 'UNAVAILABLE') return []
    if (/^NOPERM .* run the/.test(textOf(answer))) return [...keys]
  }
  return keys.length === 1 ? [...keys] : await inHalves(keys, (half) => findIn(half, ask))
}

async function inHalves(
  keys: readonly string[],
  find: (half: readonly string[]) => Promise<string[]>,
): Promise<string[]> {
  const middle = Math.ceil(keys.length / 2)
  return (await Promise.all([find(keys.slice(0, middle)), find(keys.slice(middle))])).flat()
}

/** The streams in an answer to XREAD: pairs in RESP2, a map in RESP3. */
function streamsOf(reply: Buffer): string[] {
  const elements = elementsOf(reply) ?? []
  const names = reply[0] === MAP ? elements.filter((_, index) => index % 2 === 0) : elements.map(firstOf)
  return names.flatMap((name) => (name === undefined ? [] : [bulkText(name)]))
}

const MAP = 0x25
const firstOf = (pair: Buffer) => elementsOf(pair)?.[0]
/** Keys are kept as Latin-1, so that every byte stays what it is. */
const bulkText = (bulk: Buffer) => bulk.toString('latin1', bulk.indexOf(10) + 1, bulk.length - 2)
const bytesOf = (key: string) => Buffer.from(key, 'latin1')
