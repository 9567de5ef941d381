export type OperationName = 'switchover' | 'begin-rotation' | 'finish-rotation'

/** The lines that the process of an operation prints. */
export type OperationMessage =
  | { type: 'step'; step: string }
  | { type: 'done'; said: string }
  | { type: 'refused'; why: string }

/** What came of an operation. */
export type Outcome =
  | { how: 'done'; said: string }
  /** It said why it did not do it, or not all of it. */
  | { how: 'refused'; why: string }
  /** Its process was killed, in that step. */
  | { how: 'killed'; step: string }
