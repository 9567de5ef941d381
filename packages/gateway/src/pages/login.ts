import type { Session } from '@holdfast/tokens'
import { type Html, html } from '../html/html.ts'
import { layout, type Page } from '../html/layout.ts'
import type { LoginWays } from '../identities/oidc/login.ts'
import { providerSessionOf } from '../identities/oidc/provider-session.ts'

export interface LoginForm {
  server: string
  ways: LoginWays
  /** The address after the login, already checked. */
  returnTo: string
  /** Max age of the user's authentication, also at the provider (in seconds). */
  maxAge?: number | null | undefined
  /** True when the user may choose to stay logged in. */
  remember: boolean
  username?: string
  /** Why the last attempt failed, or why another login is needed. */
  message?: string
}

/** The login form, with each way to log in. */
export function loginPage(form: LoginForm): Page {
  const { server, ways, returnTo, maxAge, remember, username = '', message } = form
  return layout({
    title: 'Log in',
    server,
    returnTo,
    content: html`<h1>Log in</h1>
<p class="lead">One login for every server. Every server of this data centre recognises you.</p>
${message ? html`<p class="notice" role="alert">${message}</p>` : html``}
${ways.provider ? providerLink(ways.provider, { returnTo, maxAge, isOneOfTwo: ways.password }) : html``}
${ways.provider && ways.password ? html`<p class="or">or with your password</p>` : html``}
${ways.password ? passwordForm(returnTo, username, remember) : html``}`,
  })
}

/** A link, not a form: the page's policy allows forms to this gateway only. */
function providerLink(
  label: string,
  { returnTo, maxAge, isOneOfTwo }: Pick<LoginForm, 'returnTo' | 'maxAge'> & { isOneOfTwo: boolean },
): Html {
  const query = new URLSearchParams({
    ...(returnTo === '/' ? {} : { return_to: returnTo }),
    ...(typeof maxAge === 'number' ? { max_age: String(maxAge) } : {}),
  })
  const address = query.size === 0 ? '/oidc/login' : `/oidc/login?${query}`
  return html`<a class="button wide${isOneOfTwo ? '' : ' primary'}" href="${address}">Log in with ${label}</a>`
}

function passwordForm(returnTo: string, username: string, remember: boolean): Html {
  const autofocus = username ? html`` : html` autofocus`
  return html`<form method="post" action="/login">
${returnTo === '/' ? html`` : html`<input type="hidden" name="return_to" value="${returnTo}">`}
<label for="username">User name</label>
<input id="username" name="username" value="${username}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="128" required${autofocus}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required${username ? html` autofocus` : html``}>
${remember ? html`<label class="check"><input type="checkbox" name="remember"> Stay logged in on this device</label>` : html``}
<button class="primary">Log in</button>
</form>`
}

/** The login page for a user whose login is too old: it offers the way by which the session began. */
export function stepUpPage(form: LoginForm, { subject, claims }: Session): Page {
  const { ways } = form
  if (providerSessionOf(claims) === null) return loginPage({ ...form, username: subject })
  return loginPage({ ...form, ways: { ...ways, password: ways.password && ways.provider === null } })
}

/**
 * Shown after a logout to a user who is still logged in at the provider. It has a link instead of a redirect, because
 * browsers restrict where a form may redirect to, and not every user wants to log out of everything.
 */
export function loggedOutPage(options: { server: string; provider: string; logoutUrl: string }): Page {
  const { server, provider, logoutUrl } = options
  return layout({
    title: 'Logged out',
    server,
    content: html`<h1>You are logged out</h1>
<p class="lead">You may still be logged in at ${provider}. Anyone who uses this browser could then log in again without a password.</p>
<div class="actions"><a class="button primary" href="${logoutUrl}">Log out of ${provider}, too</a>
<a class="button" href="/">Go to the start page</a></div>`,
  })
}
