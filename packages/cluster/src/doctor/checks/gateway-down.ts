import type { Check } from '../finding.ts'
import { isToldOf, wakeUp } from './processes.ts'

export const gatewayDown: Check = {
  id: 'gateway-down',
  severity: 'error',
  title: 'A gateway or the balancer is not ready',
  why: 'Requests go to the gateways that are ready; without the balancer there is no way in.',
  needs: ['this machine'],
  check: (snapshot) => {
    const silent = snapshot.http.filter(({ name, problem }) => problem !== null && !isToldOf(snapshot, name))
    // The balancer is not ready when no gateway is: that is told of the gateways.
    const allGateways =
      silent.filter(({ name }) => name !== 'balancer').length ===
      snapshot.http.filter(({ name }) => name !== 'balancer').length
    return silent
      .filter(({ name }) => name !== 'balancer' || !allGateways)
      .map(({ name, problem }) => ({ subject: name, evidence: `${problem}`, mend: wakeUp(snapshot, name) }))
  },
}
