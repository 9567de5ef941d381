/** What a process knows about its store and its nodes. */
export interface StoreStatus {
  /** Whether this process can probably acknowledge a login now. False while its clock is wrong. */
  writable: boolean
  /** Whether this process can verify now: the primary or a majority of the nodes answers, and its clock is right. */
  readable: boolean
  /** `host:port` of the primary, or null while no primary is known. */
  primary: string | null
  /** Why the store is not writable or not readable: one sentence without a secret. Null if it is both. */
  problem: string | null
  /** How much longer this process may answer from its near cache (in milliseconds). */
  leaseRemainingMs: number
  /** Time since the near cache was last proved complete (in milliseconds); null before the first proof. */
  leaseAgeMs: number | null
  /** Acknowledged writes that at least one node still lacks. */
  journalEntries: number
  /** Sessions in the near cache, including ended ones. */
  cachedRecords: number
  /** Writes that wait for their acknowledgement. */
  waitingWrites: number
  /** Reads that wait for an answer. */
  waitingReads: number
  nodes: { address: string; role: 'primary' | 'replica' | 'unknown'; up: boolean }[]
  sentinels: { address: string; up: boolean }[]
}
