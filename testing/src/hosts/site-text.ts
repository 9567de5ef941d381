/** A host of a test: its name, the last number of its address, and its services. */
export type HostLine = readonly [name: string, last: number, runs: string]

/** A `holdfast.yaml` with hosts in 10.20.0.0/24, and in 10.99.0.0/24 inside a tunnel. */
export function siteText(
  transport: string,
  plainBecause: string,
  dataCentres: Readonly<Record<string, readonly HostLine[]>>,
): string {
  const hostLine = ([name, last, runs]: HostLine) => {
    const isInTunnel = transport === 'wireguard' && runs !== 'balancer'
    const tunnel = isInTunnel ? ` tunnelAddress: 10.99.0.${last},` : ''
    return `      - { name: ${name}, address: 10.20.0.${last},${tunnel} runs: [${runs}] }\n`
  }
  const described = Object.entries(dataCentres).map(
    ([name, hosts]) => `  ${name}:
    secrets: { file: ./secrets/${name} }
    hosts:
${hosts.map(hostLine).join('')}`,
  )
  return `
version: 1
engine: redis 7.0
transport: ${transport}
${transport === 'plain' ? `plainBecause: ${plainBecause}` : ''}
timings: fast
dataCentres:
${described.join('')}`
}
