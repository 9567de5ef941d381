import { readFile } from 'node:fs/promises'
import type { HistoryEvent } from './events.ts'

/** One line of a history file. */
export function encodeEvent(event: HistoryEvent): string {
  return `${JSON.stringify(event)}\n`
}

/** Reads the lines of one worker's file. A last line that its killed writer left unfinished is dropped. */
export function decodeEvents(text: string): HistoryEvent[] {
  const lines = text.split('\n')
  lines.pop()
  return lines.map((line) => JSON.parse(line) as HistoryEvent)
}

export async function readHistory(files: string[]): Promise<HistoryEvent[]> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  return mergeHistories(texts.map(decodeEvents))
}

/** One history in the order of time: all workers read the same monotonic clock. */
export function mergeHistories(histories: HistoryEvent[][]): HistoryEvent[] {
  return histories.flat().sort((a, b) => a.atMs - b.atMs)
}
