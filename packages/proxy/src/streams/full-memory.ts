import { readFileSync } from 'node:fs'
import { type Command, type CommandTable, keysOfCall } from '../commands/command-table.ts'
import { array, bulk, isError, isNull, nullArray, nullBulk, type Protocol } from '../resp/reply.ts'
import { elementsOf } from '../resp/reply-splitter.ts'
import { encodeCommand, RequestParser } from '../resp/request-parser.ts'
import { type Batch, isPassing, type Outcome, passing, type RecordPlace } from './batch.ts'
import type { Call } from './call.ts'
import { RECORD_LASTS_MS } from './completion-record.ts'

/**
 * Writes while the server's memory is full (`maxmemory`). Redis then does the commands that need no memory, such as DEL,
 * LPOP and EXPIRE, but refuses each of them in a transaction. So a script that may run then (FACT-36) does them, and sets
 * the completion record. Pure.
 */

/** The way in which Redis treats a call while its memory is full. */
export type WhenFull =
  | 'read'
  /** It is a write that needs no memory. */
  | 'run'
  /** It answers OOM. */
  | 'refuse'

const NO_LIMIT = { maxBytes: Number.MAX_SAFE_INTEGER, maxArgs: Number.MAX_SAFE_INTEGER }
/** Lua passes at most 8000 values to a function. */
const MAX_ARGS = 5000
const SOURCE = readFileSync(new URL('full-memory.lua', import.meta.url), 'utf8')
const SCRIPT = `#!lua flags=allow-oom\n${SOURCE}`

/** A command as a script can run it, and its answer to the client from what the script returned: null for null. */
interface ScriptCommand {
  args: readonly Buffer[]
  answer: (returned: Buffer | null, protocol: Protocol) => Buffer
}

/** Decides what becomes of a call while memory is full. */
export function whenFull(call: Call, commands: CommandTable): WhenFull {
  if (call.isRead) return 'read'
  const [raw = Buffer.alloc(0)] = call.commands
  // In a transaction Redis refuses every command too.
  if (call.isTransaction) return 'refuse'
  const args = argsOf(raw)
  const command = commands.find(args)
  const runs = command !== null && needsNoMemory(command) && scriptCommandOf(args, commands) !== null
  return runs ? 'run' : 'refuse'
}

/** Whether the proxy has a command done while memory is full, as Redis does. */
export const needsNoMemory = ({ name, deniesOnOom, isForScripts }: Command): boolean =>
  !deniesOnOom && (isForScripts || POPS.has(name))

/** Whether a script can do everything that a call does. A script that a client sent cannot run within another one. */
export const canRunInScript = ({ commands: raws }: Call, commands: CommandTable): boolean =>
  raws.every((raw) => scriptCommandOf(argsOf(raw), commands) !== null)

/** The bytes of a batch for a server whose memory is full, and how many answers they get. Its reads come first. */
export function encodeForFullMemory(
  { calls }: Batch,
  { value, known }: { value: string; known: string | null },
  { record, protocol, guard, commands }: FullMemoryOptions,
): { bytes: Buffer[]; replies: number } {
  const reads = calls.filter(({ isRead }) => isRead)
  const place = [record.key, String(record.db), guard ? (known ?? '') : '*', value]
  const script: (string | Buffer)[] = [
    'EVAL',
    SCRIPT,
    '0',
    ...place,
    String(RECORD_LASTS_MS),
    String(protocol),
  ]
  for (const { db, commands: raws, isRead } of calls) {
    for (const [index, raw] of (isRead ? [] : raws).entries()) {
      const { args } = scriptCommandOf(argsOf(raw), commands) ?? { args: [] }
      // A transaction may have selected another database.
      script.push(index === 0 ? String(db) : '', String(args.length), ...args)
    }
  }
  const bytes = [
    ...reads.flatMap((call) => [encodeCommand(['SELECT', String(call.db)]), ...call.commands]),
    encodeCommand(['SELECT', String(record.db)]),
    encodeCommand(script),
    // The script changed what the connection watches.
    ...[['MULTI'], ['EXEC'], [guard ? 'WATCH' : 'EXISTS', record.key]].map(encodeCommand),
  ]
  return { bytes, replies: reads.length * 2 + 5 }
}

export interface FullMemoryOptions {
  record: RecordPlace
  protocol: Protocol
  guard: boolean
  commands: CommandTable
}

/** Reads the answers to {@link encodeForFullMemory}. `oom`: what the server answered to the transaction. */
export function readOutcomeForFullMemory(
  { calls }: Batch,
  replies: readonly Buffer[],
  { protocol, commands }: FullMemoryOptions,
  oom: Buffer,
): Outcome {
  const readReplies = replies.slice(0, -5)
  const returned = replies[replies.length - 4]
  const failed = [...readReplies, ...(returned === undefined ? [] : [returned])].find(isPassing)
  if (failed !== undefined) return passing(failed)
  // Without the right to EVAL, or to a command as a script may use it.
  if (returned === undefined || isError(returned)) {
    return { kind: 'refused', refusals: new Map(calls.map((call) => [call, oom])) }
  }
  if (isNull(returned)) return { kind: 'guarded' }
  const results = elementsOf(returned) ?? []
  let read = 0
  let written = 0
  return {
    kind: 'done',
    answers: calls.map((call) => {
      if (call.isRead) {
        read += 1
        return readReplies[read * 2 - 1] ?? nullBulk(protocol)
      }
      const answers = call.commands.map((raw) => {
        const [result] = elementsOf(results[written] ?? array([])) ?? []
        written += 1
        const command = scriptCommandOf(argsOf(raw), commands)
        const isAbsent = result === undefined || isNull(result)
        if (!isAbsent && isError(result)) return result
        return command?.answer(isAbsent ? null : result, protocol) ?? nullBulk(protocol)
      })
      return call.isTransaction ? array(answers) : (answers[0] ?? nullBulk(protocol))
    }),
  }
}

/** Null: a script cannot run the command, or loses a part of its answer. */
function scriptCommandOf(args: readonly Buffer[], commands: CommandTable): ScriptCommand | null {
  const command = commands.find(args)
  if (command === null || args.length > MAX_ARGS) return null
  const { name } = command
  const pop = POPS.get(name)
  if (pop !== undefined) {
    const keys = args.slice(1, -1)
    return {
      args: [Buffer.from(pop.by), Buffer.from(String(keys.length)), ...keys, Buffer.from(pop.from)],
      answer: (returned, protocol) => flattened(returned, protocol, pop.depth),
    }
  }
  if (!command.isForScripts) return null
  // A message that was deleted is a null within an array, at which an array of Lua ends.
  if (name === 'xreadgroup' && !asksForNew(args, keysOfCall(command, args).length)) return null
  const isArray = NULL_ARRAYS.has(name) || (/^[lr]pop$/.test(name) && args.length === 3)
  return {
    args,
    answer: (returned, protocol) => returned ?? (isArray ? nullArray(protocol) : nullBulk(protocol)),
  }
}

/** Commands that no script may run, and those that pop the same. Their answer is in `depth` more arrays. */
const POPS = new Map([
  ['blpop', { by: 'LMPOP', from: 'LEFT', depth: 1 }],
  ['brpop', { by: 'LMPOP', from: 'RIGHT', depth: 1 }],
  ['bzpopmin', { by: 'ZMPOP', from: 'MIN', depth: 2 }],
  ['bzpopmax', { by: 'ZMPOP', from: 'MAX', depth: 2 }],
])

/** Commands whose null is that of an array. */
const NULL_ARRAYS = new Set(['lmpop', 'zmpop', 'blmpop', 'bzmpop', 'xreadgroup'])

const asksForNew = (args: readonly Buffer[], streams: number): boolean =>
  streams > 0 && args.slice(-streams).every((id) => id.length === 1 && id[0] === 0x3e)

/** The answer to BLPOP or BZPOPMIN from that to LMPOP or ZMPOP: the key, and its element without the arrays around it. */
function flattened(returned: Buffer | null, protocol: Protocol, depth: number): Buffer {
  const [key, list] = returned === null ? [] : (elementsOf(returned) ?? [])
  if (key === undefined || list === undefined) return nullArray(protocol)
  let elements = elementsOf(list) ?? []
  if (depth === 2) elements = elementsOf(elements[0] ?? bulk('')) ?? []
  return array([key, ...elements])
}

function argsOf(raw: Buffer): readonly Buffer[] {
  const [request] = new RequestParser(NO_LIMIT).push(raw)
  return request?.args ?? []
}
