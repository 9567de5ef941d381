import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findProgram } from '@holdfast/local/preflight/programs'
import type { NodeLogin } from './data-centre.ts'

export interface BenchmarkLoad {
  command: 'get' | 'set' | 'ping_mbulk'
  connections: number
  /** Commands that a connection sends before it waits for their answers. */
  pipeline: number
  requests: number
}

export interface BenchmarkResult {
  perSecond: number
  p50Ms: number
}

const KEYS = 1000
const VALUE_BYTES = 100

/** Runs `redis-benchmark` with the password of a test, whose work per command is so small that it hardly takes time from the servers. */
export async function redisBenchmark(
  { host, port, username, password }: NodeLogin,
  { command, connections, pipeline, requests }: BenchmarkLoad,
): Promise<BenchmarkResult> {
  const { stdout } = await promisify(execFile)(findProgram('redis-benchmark'), [
    ...['-h', host, '-p', String(port), '--user', username, '-a', password, '-t', command, '--csv'],
    ...['-c', String(connections), '-P', String(pipeline), '-n', String(requests)],
    ...['-r', String(KEYS), '-d', String(VALUE_BYTES)],
  ])
  return readCsv(stdout)
}

/** Reads the last line of `--csv`: test, requests per second, average, minimum, p50, … */
export function readCsv(text: string): BenchmarkResult {
  const cells = (text.trim().split('\n').at(-1) ?? '')
    .split(',')
    .map((cell) => Number(cell.replaceAll('"', '')))
  const [, perSecond = Number.NaN, , , p50Ms = Number.NaN] = cells
  if (Number.isNaN(perSecond) || Number.isNaN(p50Ms)) {
    throw new Error(`redis-benchmark printed something else: ${text.slice(0, 200)}`)
  }
  return { perSecond, p50Ms }
}
