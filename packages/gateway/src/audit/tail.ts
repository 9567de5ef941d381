import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { type ChainHead, readLine } from './chain.ts'

/** Longer than any line: its fields come from requests of at most 16 KiB. */
const TAIL_BYTES = 262_144

/** The end of a file of lines. */
export interface Tail {
  /** From the last complete line; null when there is none, or when it belongs to no chain. */
  head: ChainHead | null
  /** The text after the last line feed: the start of a line that was cut off. */
  fragment: string
}

export async function readTail(handle: FileHandle): Promise<Tail> {
  const { size } = await handle.stat()
  const length = Math.min(size, TAIL_BYTES)
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await handle.read(buffer, 0, length, size - length)
  const lines = buffer.toString('utf8', 0, bytesRead).split('\n')
  const fragment = lines.pop() ?? ''
  return { head: readLine(lines.pop() ?? ''), fragment }
}

/**
 * The head of the chain in the newest file that was rotated away from `file` (`audit.jsonl.1`, `audit.jsonl-20270131`). So
 * a chain continues even when a process starts before anything is in the new file. Compressed files are not read.
 */
export async function rotatedHead(file: string): Promise<ChainHead | null> {
  const { dir, base } = path.parse(path.resolve(file))
  const names = (await readdir(dir)).filter(
    (name) => /^[.-]/.test(name.slice(base.length)) && name.startsWith(base) && /\d$/.test(name),
  )
  const files = await Promise.all(
    names.map(async (name) => ({ name, changedMs: (await stat(path.join(dir, name))).mtimeMs })),
  )
  const newest = files.sort((one, other) => other.changedMs - one.changedMs)[0]
  if (newest === undefined) return null
  await using handle = await open(path.join(dir, newest.name))
  return (await readTail(handle)).head
}
