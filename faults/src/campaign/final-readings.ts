import { Connection } from '@holdfast/tokens/redis'
import type { FinalReading } from '../checker/final-state.ts'
import { CAMPAIGN } from '../data-centre/names.ts'
import { type Answer, monotonicMs } from '../history/events.ts'
import { addressOf, DATA_HOSTS, REDIS_PORT } from '../hosts/places.ts'
import type { LoginSystem, TokenInspector } from '../systems/system.ts'

const CHUNK = 100
const COMMAND_TIMEOUT_MS = 5000
/** One verification takes up to a second. */
const TRIES = 10

/**
 * Reads every token on every node and through the API (null: the API cannot be used). Call it after all faults have
 * ended and all operations have finished.
 */
export async function readFinalState(
  tokens: readonly string[],
  inspector: TokenInspector,
  system: LoginSystem | null,
): Promise<FinalReading[]> {
  const readings: FinalReading[] = []
  const connections = await Promise.all(
    DATA_HOSTS.map((host) =>
      Connection.open({ address: { host: addressOf(host), port: REDIS_PORT }, ...CAMPAIGN }),
    ),
  )
  try {
    for (let start = 0; start < tokens.length; start += CHUNK) {
      const chunk = tokens.slice(start, start + CHUNK)
      const atMs = monotonicMs()
      // Use one clock for all nodes. Otherwise a session that ends between two readings would inspector like a disagreement.
      const nowMs = Date.now()
      const keys = chunk.map((token) => inspector.keyOf(token))
      const held = await Promise.all(
        connections.map((connection) => connection.send(['MGET', ...keys], COMMAND_TIMEOUT_MS)),
      )
      const answers = await Promise.all(chunk.map((token) => verifyWithRetries(system, token)))
      for (const [index, token] of chunk.entries()) {
        const nodes: Record<string, string> = {}
        for (const [node, values] of held.entries()) {
          const value = Array.isArray(values) ? values[index] : undefined
          nodes[DATA_HOSTS[node] ?? ''] = inspector.describe(Buffer.isBuffer(value) ? value : null, nowMs)
        }
        const answer = answers[index]
        const api = answer?.state ?? 'unavailable'
        readings.push({
          token: inspector.idOf(token),
          atMs,
          nodes,
          api,
          reason: answer?.reason ?? '',
          changes: answer?.changes ?? null,
        })
      }
    }
    return readings
  } finally {
    for (const connection of connections) connection.close()
  }
}

/** A busy machine may delay an answer. In a healthy data centre the answer arrives after a few more tries. */
async function verifyWithRetries(system: LoginSystem | null, token: string): Promise<Answer | undefined> {
  let answer = await system?.verify(token)
  for (let tries = 1; answer?.state === 'unavailable' && tries < TRIES; tries++) {
    answer = await system?.verify(token)
  }
  return answer
}
