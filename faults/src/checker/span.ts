/** A period of the history's time. Both ends are included. */
export interface Span {
  fromMs: number
  toMs: number
}
