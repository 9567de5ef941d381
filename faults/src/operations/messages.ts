export type OperationName = 'switchover' | 'begin-rotation' | 'finish-rotation'

/** The lines that the process of an operation prints. */
export type OperationMessage =
  | { type: 'step'; step: string }
  | { type: 'done'; said: string }
  | { type: 'refused'; why: string }

/** The result of an operation. */
export type Outcome =
  | { how: 'done'; said: string }
  /** The operation reported why it did nothing, or only a part of its work. */
  | { how: 'refused'; why: string }
  /** Its process was killed, in this step. */
  | { how: 'killed'; step: string }
