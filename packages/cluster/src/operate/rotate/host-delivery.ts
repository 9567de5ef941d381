/** What one host of a rendered site must be given when secrets are rotated. */
export interface HostDelivery {
  host: string
  /** Below the folder that `holdfast render --out` wrote, and where that goes on the host. Secret, but for certificates. */
  files: { from: string; to: string }[]
  /** What is done there then. */
  steps: HostStep[]
}

export interface HostStep {
  why: string
  command: string
}

/** How a gateway takes what its file says now. */
export const GATEWAY_STEP: HostStep = {
  why: 'the gateway takes what is new without a restart: its log says `config-taken`',
  command: 'systemctl reload holdfast-gateway',
}
