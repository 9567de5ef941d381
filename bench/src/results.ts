import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Outcome } from './benchmark.ts'
import type { Machine } from './machine.ts'

/** The stored outcome of one benchmark: `results/<name>.json`. */
export interface Result extends Pick<Outcome, 'figures' | 'tables' | 'profile' | 'observed'> {
  name: string
  title: string
  /** Paragraphs. */
  setup: string
  notes?: string
  /** When the benchmark began (ISO 8601, UTC). */
  at: string
  seconds: number
  machine: Machine
}

const FOLDER = join(import.meta.dirname, '..', 'results')
const REPORT = join(import.meta.dirname, '..', 'RESULTS.md')

export async function saveResult(result: Result): Promise<void> {
  await mkdir(FOLDER, { recursive: true })
  await writeFile(join(FOLDER, `${result.name}.json`), `${JSON.stringify(result, null, 2)}\n`)
}

/** Loads the stored results of these benchmarks, in this order. Omits benchmarks that never ran. */
export async function loadResults(names: readonly string[]): Promise<Result[]> {
  const kept = new Set(await readdir(FOLDER).catch(() => []))
  const files = names.map((name) => `${name}.json`).filter((file) => kept.has(file))
  return Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(FOLDER, file), 'utf8')) as Result),
  )
}

export function saveReport(text: string): Promise<void> {
  return writeFile(REPORT, text)
}
