import type { AnyDataCentre } from '../../data-centre/open.ts'
import { holdersOf } from './holders.ts'

/**
 * Renews this operation's own certificate when it has expired: every host would reject it, so nothing could be asked. No
 * host needs the new one. Changes nothing where it cannot be issued; the rotation then reports why.
 */
export async function renewOwnIfExpired(dataCentre: AnyDataCentre, days: number | undefined): Promise<void> {
  const { certificates, operator, requests } = holdersOf(dataCentre)
  const own = await certificates.find(operator)
  if (own === null || !own.file.isOurs || own.file.daysLeft >= 0 || !(await certificates.canIssue())) return
  const { authority } = await certificates.list()
  const request = (await requests()).find(({ name }) => name === operator)
  if (authority.daysLeft < 1 || request === undefined) return
  await certificates.issue({ ...request, ...(days && { days }) })
}
