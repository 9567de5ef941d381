/**
 * The proof that a batch was done: a key of each stream that the transaction of every batch sets (RIFL, Lee et al.,
 * SOSP 2015). Its value is the number of the newest batch that was done, and the attempt that did it. Pure.
 */
export interface CompletionRecord {
  batch: number
  attempt: number
}

/** Keys of completion records begin with this. Clients cannot use keys under `hf:`. */
export const RECORD_PREFIX = 'hf:px:'

/** Longer than any failover. It is set again with each batch, and by an idle stream before its end. */
export const RECORD_LASTS_MS = 60 * 60_000
export const RENEW_AFTER_MS = 10 * 60_000

export const formatRecord = ({ batch, attempt }: CompletionRecord): string => `${batch}.${attempt}`

/** Null: there is none, and nothing is known of what was done. INV-PROXY-4. Throws if the value was not written by a proxy. */
export function parseRecord(value: string | null): CompletionRecord | null {
  if (value === null) return null
  const [, batch, attempt] = /^(\d{1,15})\.(\d{1,15})$/.exec(value) ?? []
  if (batch === undefined || attempt === undefined) throw new Error('A completion record was overwritten.')
  return { batch: Number(batch), attempt: Number(attempt) }
}
