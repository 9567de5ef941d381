import type { LoginWays } from '../identities/oidc/login.ts'
import { type Html, html } from './html.ts'
import { layout, type Page } from './layout.ts'

export interface LoginForm {
  server: string
  ways: LoginWays
  /** Where to go on: a safe address. */
  returnTo: string
  /** The person must prove who they are at most so long ago, also at the provider (in seconds). */
  maxAge?: number | null | undefined
  /** One may stay logged in. */
  remember: boolean
  username?: string
  /** Why the last try did not work, or why another is needed. */
  message?: string
}

/** The ways to log in. */
export function loginPage(form: LoginForm): Page {
  const { server, ways, returnTo, maxAge, remember, username = '', message } = form
  return layout({
    title: 'Log in',
    server,
    content: html`<h1>Log in</h1>
<p class="lead">One login for every server. Whichever answers you next will know you.</p>
${message ? html`<p class="notice" role="alert">${message}</p>` : html``}
${ways.provider ? providerLink(ways.provider, { returnTo, maxAge, isOneOfTwo: ways.password }) : html``}
${ways.provider && ways.password ? html`<p class="or">or with your password</p>` : html``}
${ways.password ? passwordForm(returnTo, username, remember) : html``}`,
  })
}

/** A link, not a form: the provider's address is none that this page may send a form to. */
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
