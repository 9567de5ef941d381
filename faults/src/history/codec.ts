import { readFile } from 'node:fs/promises'
import type { HistoryEvent } from './events.ts'

/** Encodes one line of a history file. */
export function encodeEvent(event: HistoryEvent): string {
  return `${JSON.stringify(event)}\n`
}

/** Parses the lines of one worker's file. Drops the last line if a killed worker left it unfinished. */
export function decodeEvents(text: string): HistoryEvent[] {
  const lines = text.split('\n')
  lines.pop()
  return lines.map((line) => JSON.parse(line) as HistoryEvent)
}

export async function readHistory(files: string[]): Promise<HistoryEvent[]> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  return mergeHistories(texts.map(decodeEvents))
}

/** Merges the histories of all workers in the order of time. All workers read the same monotonic clock. */
export function mergeHistories(histories: HistoryEvent[][]): HistoryEvent[] {
  return histories.flat().sort((a, b) => a.atMs - b.atMs)
}
