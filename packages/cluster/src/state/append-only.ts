import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { systemCode } from '../errors.ts'
import { endsUnfinished } from './unfinished-write.ts'

/** Where Redis keeps its append-only file, below its data folder. */
const APPEND_FOLDER = 'appendonlydir'
/** Where what is cut off the end of a file is kept, below the data folder. */
const CUT_FOLDER = 'cut-off'
/** The check reads every file once; a start may take this long anyway. */
const CHECK_TIMEOUT_MS = 10 * 60_000
/** Of what the checker prints: its end counts. */
const MOST_OUTPUT = 64 * 1024
/** A longer end is not the one write that a power cut may interrupt. */
const LONGEST_TAIL_BYTES = 64 * 1024 * 1024

/** The append-only file of a data folder, as a Redis that starts would find it. */
export type AppendOnlyState =
  | { kind: 'none' | 'sound' }
  /** The last file ends in an unfinished write, or in zeros: what a power cut leaves. */
  | { kind: 'torn'; file: string; soundUpTo: number; size: number }
  | { kind: 'damaged'; problem: string }

/**
 * Checks the append-only file with the engine's own checker, changing nothing. `server` is the program of the engine:
 * by its name it becomes `redis-check-aof`, so no further program is needed.
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
      return damaged(folder, file, `it is missing, and ${manifest} names it`)
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
 * Cuts the unfinished end off, because Redis itself would leave a begun transaction in the file, and the *next* start
 * would then leave out everything written since (FACT-34). Keeps what is cut off; answers where.
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

/** Moves the append-only file away, so that Redis starts empty and copies its primary. Answers where it is now. */
export async function moveAppendOnlyAside(dataFolder: string): Promise<string> {
  const aside = join(dataFolder, `${APPEND_FOLDER}.damaged.${timestamp()}`)
  await rename(join(dataFolder, APPEND_FOLDER), aside)
  return aside
}

/** Changes whenever a file of the append-only file does. */
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

/** The files that a manifest names, in the order in which Redis reads them: the base first. */
function filesIn(manifest: string): string[] {
  const lines = [...manifest.matchAll(/^file (\S+) seq \d+ type ([bi])$/gm)]
  const of = (type: string) => lines.filter((line) => line[2] === type).map((line) => line[1] ?? '')
  return [...of('b'), ...of('i')]
}

/** What is behind the last whole write is one that was begun; or nothing was written there, and the disk gave zeros. */
async function isTorn(at: { file: string; soundUpTo: number; size: number }): Promise<boolean> {
  const length = at.size - at.soundUpTo
  if (length > LONGEST_TAIL_BYTES) return false
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

/** Throws when the check cannot be run: that says nothing about the file. */
async function runCheck(
  server: string,
  manifest: string,
  signal: AbortSignal | undefined,
): Promise<{ sound: boolean; output: string }> {
  const inTime = AbortSignal.timeout(CHECK_TIMEOUT_MS)
  const child = spawn(server, [manifest], {
    // The server looks for either name in its own, and becomes the checker.
    argv0: 'redis-check-aof valkey-check-aof',
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: signal === undefined ? inTime : AbortSignal.any([signal, inTime]),
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-MOST_OUTPUT)
    })
  }
  const [code] = await once(child, 'close')
  // The checker says so of its own accord: another program would not.
  if (code === null || !/AOF/.test(output)) {
    throw new Error(`${server} did not check ${manifest}: ${lastLine(output)}`)
  }
  return { sound: code === 0, output }
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
