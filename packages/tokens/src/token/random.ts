import { randomFillSync } from 'node:crypto'

/** The number of bytes per system call: reading twelve costs as much as reading all. */
const POOL_BYTES = 4096
const pool = Buffer.alloc(POOL_BYTES)
let drawn = POOL_BYTES

/** Returns `length` fresh bytes (at most 4096) from the random source of the system, and wipes them in the pool. */
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
