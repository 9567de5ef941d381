/** A stretch of the history's time, both ends included. */
export interface Span {
  fromMs: number
  toMs: number
}
