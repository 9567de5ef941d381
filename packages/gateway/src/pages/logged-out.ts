import { html } from './html.ts'
import { layout, type Page } from './layout.ts'

/**
 * Somebody logged out here, and is still logged in at the provider. A page with a link, not a redirect: browsers hold
 * the answer of a form to the addresses that forms may go to, and not everybody wants to log out of everything.
 */
export function loggedOutPage(options: { server: string; provider: string; logoutUrl: string }): Page {
  const { server, provider, logoutUrl } = options
  return layout({
    title: 'Logged out',
    server,
    content: html`<h1>You are logged out</h1>
<p class="lead">Here, that is. You may still be logged in at ${provider}: whoever uses this browser next could log in again without a password.</p>
<div class="actions"><a class="button primary" href="${logoutUrl}">Log out of ${provider}, too</a>
<a class="button" href="/">To the start page</a></div>`,
  })
}
