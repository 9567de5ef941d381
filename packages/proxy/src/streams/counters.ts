/** What happened to writes; for metrics. */
export interface WriteCounters {
  /** Batches that were sent again because the primary lacked them. */
  sentAgain: number
  /** Batches without an answer that the record proved to be done. */
  foundDone: number
  uncertain: number
  unavailable: number
  /** Answered batches that a new primary lacked. */
  lostProofs: number
  /** Answered batches that a new primary lacked and refused. */
  notSentAgain: number
  /** Completion records that had vanished. */
  lostRecords: number
}

export const newCounters = (): WriteCounters => ({
  sentAgain: 0,
  foundDone: 0,
  uncertain: 0,
  unavailable: 0,
  lostProofs: 0,
  notSentAgain: 0,
  lostRecords: 0,
})
