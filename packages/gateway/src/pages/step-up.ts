import type { Session } from '@holdfast/tokens'
import { providerSessionOf } from '../identities/oidc/provider-session.ts'
import type { Page } from './layout.ts'
import { type LoginForm, loginPage } from './login.ts'

/** The login page for somebody who is logged in, but not lately enough: by the way by which the session began. */
export function stepUpPage(form: LoginForm, { subject, claims }: Session): Page {
  const { ways } = form
  if (providerSessionOf(claims) === null) return loginPage({ ...form, username: subject })
  return loginPage({ ...form, ways: { ...ways, password: ways.password && ways.provider === null } })
}
