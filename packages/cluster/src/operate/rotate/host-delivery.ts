/** What one host of a rendered site must be given when secrets are rotated. */
export interface HostDelivery {
  host: string
  /** Below the folder that `holdfast render --out` wrote, and where that goes on the host. Secret, but for certificates. */
  files: { from: string; to: string }[]
  /** What is done there then. */
  steps: { why: string; command: string }[]
}
