/** The monotonic clock that all processes of a machine share (in milliseconds). */
export function sharedNowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
