export type OperationName = 'switchover' | 'begin-rotation' | 'finish-rotation'

/** The lines that the process of an operation prints. */
export type OperationMessage =
  | { type: 'step'; step: string }
  | { type: 'done'; summary: string }
  | { type: 'refused'; reason: string }

/** The result of an operation. */
export type Outcome =
  | { status: 'done'; summary: string }
  /** The operation reported why it did nothing, or only a part of its work. */
  | { status: 'refused'; reason: string }
  /** Its process was killed, in this step. */
  | { status: 'killed'; step: string }
