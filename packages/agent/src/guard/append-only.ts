import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { systemCode } from '@holdfast/site/errors'
import { endsUnfinished } from './unfinished-write.ts'

/** The folder of the append-only file, below the data folder of Redis. */
const APPEND_FOLDER = 'appendonlydir'
/** The folder for unfinished writes that were cut off, below the data folder. */
const CUT_FOLDER = 'cut-off'
/** The check reads every file once. A start of Redis may take as long. */
const CHECK_TIMEOUT_MS = 10 * 60_000
/** The names under which an engine checks an append-only file. */
const CHECKERS = ['redis-check-aof', 'valkey-check-aof'] as const
/** How much of the checker's output to keep. Only its end matters. */
const MAX_OUTPUT_LENGTH = 64 * 1024
/** A longer unfinished end is not the single write that a power cut may interrupt. */
const MAX_TAIL_BYTES = 64 * 1024 * 1024

/** The state of the append-only file in a data folder. */
export type AppendOnlyState =
  | { kind: 'none' | 'sound' }
  /** The last file ends in an unfinished write or in zeros, as after a power cut. */
  | { kind: 'torn'; file: string; soundUpTo: number; size: number }
  | { kind: 'damaged'; problem: string }

/**
 * Checks the append-only file with the engine's own checker, without changing it. `server` is the program of the engine. It
 * acts as `redis-check-aof` when it is started under that name, so no further program is needed. A script that starts the
 * engine hides that name: then `redis-check-aof` or `valkey-check-aof` beside the script checks the file.
 */
export async function inspectAppendOnly(
  dataFolder: string,
  server: string,
  signal?: AbortSignal,
): Promise<AppendOnlyState> {
  const folder = join(dataFolder, APPEND_FOLDER)
  const manifest = (await namesIn(folder)).find((name) => name.endsWith('.manifest'))
  if (manifest === undefined) return { kind: 'none' }
  const files = filesIn(await readFile(join(folder, manifest), 'utf8'))
  const last = files.at(-1)
  if (last === undefined) return damaged(folder, manifest, 'it names no file')
  for (const file of files) {
    if (!(await exists(join(folder, file))))
      return damaged(folder, file, `it is missing, although ${manifest} lists it`)
  }
  const { sound, output } = await runCheck(server, join(folder, manifest), signal)
  if (sound) return { kind: 'sound' }
  const [, file, size, soundUpTo] =
    [...output.matchAll(/^AOF analyzed: filename=(.+), size=(\d+), ok_up_to=(\d+),/gm)].find(
      ([, , length, upTo]) => length !== upTo,
    ) ?? []
  if (file === undefined) {
    const reached = [...output.matchAll(/(?:Checking RDB file |filename=)([^,\s]+)/g)].at(-1)?.[1]
    return damaged(folder, reached ?? files[0] ?? last, lastLine(output))
  }
  const at = { file: join(folder, basename(file)), soundUpTo: Number(soundUpTo), size: Number(size) }
  if (basename(file) === last && (await isTorn(at))) return { kind: 'torn', ...at }
  return damaged(folder, file, `it cannot be read beyond byte ${soundUpTo} of ${size}`)
}

/**
 * Cuts off the unfinished end of a file, and returns the path of the copy that keeps the cut-off bytes. Redis itself would
 * leave an unfinished transaction in the file, and its *next* start would discard every later write
 * (FACT-34).
 */
export async function cutUnfinishedEnd(
  dataFolder: string,
  { file, soundUpTo, size }: { file: string; soundUpTo: number; size: number },
): Promise<string> {
  const kept = join(dataFolder, CUT_FOLDER, `${basename(file)}.${timestamp()}`)
  await mkdir(join(dataFolder, CUT_FOLDER), { recursive: true, mode: 0o700 })
  const source = await open(file, 'r+')
  try {
    const target = await open(kept, 'wx', 0o600)
    try {
      await target.writeFile(await read(source, soundUpTo, size - soundUpTo))
      await target.sync()
    } finally {
      await target.close()
    }
    await source.truncate(soundUpTo)
    await source.sync()
  } finally {
    await source.close()
  }
  return kept
}

/** Moves the append-only file aside, so that Redis starts empty and copies its primary. Returns the new path. */
export async function moveAppendOnlyAside(dataFolder: string): Promise<string> {
  const aside = join(dataFolder, `${APPEND_FOLDER}.damaged.${timestamp()}`)
  await rename(join(dataFolder, APPEND_FOLDER), aside)
  return aside
}

/** A text that changes whenever a part of the append-only file changes. */
export async function appendOnlyVersion(dataFolder: string): Promise<string> {
  const folder = join(dataFolder, APPEND_FOLDER)
  const stats = (await namesIn(folder)).sort().map(async (name) => {
    const { size, mtimeMs } = await stat(join(folder, name))
    return `${name} ${size} ${mtimeMs}`
  })
  return (await Promise.all(stats)).join('\n')
}

const damaged = (folder: string, file: string, what: string): AppendOnlyState => ({
  kind: 'damaged',
  problem: `${join(folder, basename(file))} is damaged: ${what}`,
})

/** The files that a manifest names, in the order in which Redis reads them, the base first. */
function filesIn(manifest: string): string[] {
  const lines = [...manifest.matchAll(/^file (\S+) seq \d+ type ([bi])$/gm)]
  const of = (type: string) => lines.filter((line) => line[2] === type).map((line) => line[1] ?? '')
  return [...of('b'), ...of('i')]
}

/** Whether the bytes after the last complete write are an unfinished write, or zeros that the disk returned. */
async function isTorn(at: { file: string; soundUpTo: number; size: number }): Promise<boolean> {
  const length = at.size - at.soundUpTo
  if (length > MAX_TAIL_BYTES) return false
  const file = await open(at.file)
  try {
    return endsUnfinished(await read(file, at.soundUpTo, length))
  } finally {
    await file.close()
  }
}

async function read(file: Awaited<ReturnType<typeof open>>, from: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from)
  return buffer.subarray(0, bytesRead)
}

/** Runs the checker. Throws when it cannot run: that proves nothing about the file. */
async function runCheck(
  server: string,
  manifest: string,
  signal: AbortSignal | undefined,
): Promise<{ sound: boolean; output: string }> {
  const deadline = AbortSignal.timeout(CHECK_TIMEOUT_MS)
  const checker = (await isScript(server)) ? await checkerBeside(server) : server
  const child = spawn(checker, [manifest], {
    // The server searches its own name for either name, and then acts as the checker.
    ...(checker === server && { argv0: CHECKERS.join(' ') }),
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-MAX_OUTPUT_LENGTH)
    })
  }
  const [code] = await once(child, 'close')
  // The checker's output always contains "AOF". The output of another program does not.
  if (code === null || !/AOF/.test(output)) {
    throw new Error(`${checker} did not check ${manifest}: ${lastLine(output)}`)
  }
  return { sound: code === 0, output }
}

/** Whether a program begins with `#!`. A name without a folder is looked up by `spawn` and is not examined. */
async function isScript(program: string): Promise<boolean> {
  if (!program.includes('/')) return false
  const file = await open(program)
  try {
    return (await read(file, 0, 2)).toString() === '#!'
  } finally {
    await file.close()
  }
}

/** Never runs the script itself with the manifest: it could start a Redis with options of its own. */
async function checkerBeside(script: string): Promise<string> {
  for (const name of CHECKERS) {
    const program = join(dirname(script), name)
    if (await exists(program)) return program
  }
  throw new Error(
    `${script} is a script, so it cannot check the append-only file. Put a link to ${CHECKERS[0]} of the same engine beside it, or set \`server\` to the program that the script starts.`,
  )
}

const lastLine = (output: string) => (output.trim().split('\n').at(-1) ?? '').replace(/\.$/, '')

const timestamp = () => new Date().toISOString().replaceAll(/[:.]/g, '-')

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )
