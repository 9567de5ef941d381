import type { Reply } from '@holdfast/tokens/redis'

/** Where the keys of a command are, in the terms of Redis's `COMMAND`: where they begin, and how many there are. */
export interface KeySpec {
  begin: { index: number } | { keyword: string; startFrom: number }
  find:
    | { lastKey: number; step: number; limit: number }
    | { numberAt: number; firstKey: number; step: number }
}

/** Reads a specification. Null: it names channels, or the server does not know where the keys are. */
export function readKeySpec(reply: Reply): KeySpec | null {
  const spec = fields(reply)
  const flags = spec.get('flags')
  if (Array.isArray(flags) && flags.includes('not_key')) return null
  const begin = readBegin(fields(spec.get('begin_search')))
  const find = readFind(fields(spec.get('find_keys')))
  return begin === null || find === null ? null : { begin, find }
}

function readBegin(search: Map<string, Reply>): KeySpec['begin'] | null {
  const spec = fields(search.get('spec'))
  if (search.get('type') === 'index') return { index: Number(spec.get('index')) }
  if (search.get('type') !== 'keyword') return null
  return { keyword: String(spec.get('keyword')).toLowerCase(), startFrom: Number(spec.get('startfrom')) }
}

function readFind(keys: Map<string, Reply>): KeySpec['find'] | null {
  const spec = fields(keys.get('spec'))
  const number = (name: string) => Number(spec.get(name))
  if (keys.get('type') === 'range') {
    return { lastKey: number('lastkey'), step: number('keystep'), limit: number('limit') }
  }
  if (keys.get('type') !== 'keynum') return null
  return { numberAt: number('keynumidx'), firstKey: number('firstkey'), step: number('keystep') }
}

/** A map in RESP2: names and values in turn. */
function fields(reply: Reply | undefined): Map<string, Reply> {
  const parts = Array.isArray(reply) ? reply : []
  const map = new Map<string, Reply>()
  for (let at = 0; at + 1 < parts.length; at += 2) map.set(String(parts[at]), parts[at + 1] ?? null)
  return map
}

/** `STORE` may stand anywhere among the options of `SORT`, which Redis's table cannot express. */
const STORES_ANYWHERE = new Set(['sort'])

/** Returns the keys of a call. */
export function keysOf(name: string, specs: readonly KeySpec[], args: readonly Buffer[]): Buffer[] {
  const keys = specs.flatMap((spec) => keysOfSpec(spec, args))
  if (!STORES_ANYWHERE.has(name)) return keys
  // An argument behind `BY` that is called `store` is taken as well: one key too many does no harm.
  const stored = args.slice(1).filter((_, index) => lowerCase(args[index]) === 'store')
  return [...keys, ...stored]
}

function keysOfSpec({ begin, find }: KeySpec, args: readonly Buffer[]): Buffer[] {
  const start = startOf(begin, args)
  if (start === null) return []
  const { first, last } = rangeOf(find, start, args)
  const keys: Buffer[] = []
  for (let at = first; at <= last; at += find.step) {
    const key = args[at]
    if (key === undefined) break
    keys.push(key)
  }
  return keys
}

function startOf(begin: KeySpec['begin'], args: readonly Buffer[]): number | null {
  if ('index' in begin) return begin.index
  const { keyword, startFrom } = begin
  const isForward = startFrom > 0
  for (
    let at = isForward ? startFrom : args.length + startFrom;
    at > 0 && at < args.length;
    at += isForward ? 1 : -1
  ) {
    if (lowerCase(args[at]) === keyword) return at + 1
  }
  return null
}

function rangeOf(
  find: KeySpec['find'],
  start: number,
  args: readonly Buffer[],
): { first: number; last: number } {
  if ('numberAt' in find) {
    const count = Number((args[start + find.numberAt] ?? '').toString('latin1'))
    const first = start + find.firstKey
    return { first, last: Number.isSafeInteger(count) ? first + (count - 1) * find.step : first - 1 }
  }
  const { lastKey, limit } = find
  if (lastKey >= 0) return { first: start, last: start + lastKey }
  // `limit` 2: the keys are the first half of what is left, such as the streams of XREAD before their ids.
  const end = limit > 1 ? start + Math.floor((args.length - start) / limit) : args.length
  return { first: start, last: end + lastKey }
}

const lowerCase = (arg: Buffer | undefined): string => (arg ?? '').toString('latin1').toLowerCase()
