import { randomFillSync } from 'node:crypto'

/** Bytes that are drawn at once: asking the system for twelve costs as much as asking for all. */
const POOL_BYTES = 4096
const pool = Buffer.alloc(POOL_BYTES)
let drawn = POOL_BYTES

/** `length` fresh bytes of the system's random source (at most 4096). They are wiped where they were taken from. */
export function randomFrom(length: number): Buffer {
  if (drawn + length > POOL_BYTES) {
    randomFillSync(pool)
    drawn = 0
  }
  const bytes = Buffer.from(pool.subarray(drawn, drawn + length))
  pool.fill(0, drawn, drawn + length)
  drawn += length
  return bytes
}
