import type { Session } from '@holdfast/tokens'
import { z } from 'zod'
import { profileOf } from '../users/identity.ts'
import { authenticatedAtMs } from './step-up.ts'

/** A session as `/login` and `/session` return it in JSON. Times are ISO 8601, UTC. */
export const sessionSchema = z.object({
  subject: z.string(),
  name: z.string().optional().meta({ description: 'From the users file, the directory or the provider.' }),
  email: z.string().optional(),
  groups: z.array(z.string()).readonly().optional(),
  id: z.string().meta({ description: 'Public id: safe to log, not usable as a credential.' }),
  server: z.string().meta({ description: 'The gateway that answered.' }),
  issuedAt: z.iso.datetime(),
  authenticatedAt: z.iso.datetime().optional().meta({
    description: 'When the user last authenticated; absent when the provider did not state it.',
  }),
  idleUntil: z.iso
    .datetime()
    .meta({ description: 'The session ends at this time unless it is used before.' }),
  expiresAt: z.iso.datetime().meta({ description: 'The session ends at this time in any case.' }),
})

export type SessionView = z.output<typeof sessionSchema>

export function sessionView(session: Session, server: string): SessionView {
  const iso = (timeMs: number) => new Date(timeMs).toISOString()
  const { groups, ...profile } = profileOf(session.claims)
  const authenticatedMs = authenticatedAtMs(session)
  return {
    subject: session.subject,
    ...profile,
    ...(groups.length === 0 ? {} : { groups }),
    id: session.id,
    server,
    issuedAt: iso(session.issuedAtMs),
    ...(authenticatedMs === null ? {} : { authenticatedAt: iso(authenticatedMs) }),
    idleUntil: iso(session.idleUntilMs),
    expiresAt: iso(session.expiresAtMs),
  }
}
