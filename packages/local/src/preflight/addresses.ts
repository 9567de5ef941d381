import { createServer } from 'node:net'
import { ClusterError, systemCode } from '@holdfast/site/errors'
import { type LocalPlan, proxySentinelAddress } from '@holdfast/site/topology/local-plan'
import { redisAddress, sentinelAddress, tunnelOf } from '@holdfast/site/topology/topology'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { portOwner } from './port-owner.ts'

/**
 * Checks that every address of a plan belongs to this machine and that its port is free, by listening there for a
 * moment. Throws `ADDRESS_NOT_HERE` or `PORT_IN_USE`.
 */
export async function checkAddresses({ site, addresses }: LocalPlan): Promise<void> {
  const { dataHosts, gateways, balancer, proxy } = addresses
  const nodes = [...dataHosts.map(redisAddress), ...dataHosts.map(sentinelAddress)]
  const all = [
    ...nodes,
    ...(site.transport === 'stunnel' ? nodes.flatMap(tunnelAddresses) : []),
    ...gateways,
    balancer,
    proxy,
    proxySentinelAddress(addresses),
  ]
  for (const address of all) {
    const code = await tryToListen(address)
    if (code !== null) throw problem(address, code)
  }
}

/** The further addresses on which the tunnel of a node listens. */
function tunnelAddresses({ host, port }: NodeAddress): NodeAddress[] {
  return Object.values(tunnelOf(host)).map((end) => ({ host: end, port }))
}

function tryToListen({ host, port }: NodeAddress): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve(systemCode(error)))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)))
  })
}

function problem(address: NodeAddress, code: string): ClusterError {
  const where = formatAddress(address)
  switch (code) {
    case 'EADDRINUSE': {
      const owner = portOwner(address)
      return new ClusterError(
        'PORT_IN_USE',
        `${where} is in use${owner ? ` by ${owner}` : ''}. Stop that program, or choose other addresses with \`--network\`.`,
      )
    }
    case 'EADDRNOTAVAIL':
      return new ClusterError(
        'ADDRESS_NOT_HERE',
        `${address.host} is not an address of this machine. Choose another \`--network\`, or add it: \`ip address add ${address.host}/8 dev lo\` (macOS: \`ifconfig lo0 alias ${address.host}\`).`,
      )
    default:
      return new ClusterError(
        'PORT_IN_USE',
        `Cannot listen on ${where} (${code}). Choose other addresses with \`--network\`.`,
      )
  }
}
