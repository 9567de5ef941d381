import { html } from './html.ts'
import { layout, type Page } from './layout.ts'

/** The login form; `message` says why the last try did not work. */
export function loginPage(options: { server: string; username?: string; message?: string }): Page {
  const { server, username = '', message } = options
  const autofocus = username ? html`` : html` autofocus`
  return layout({
    title: 'Log in',
    server,
    content: html`<h1>Log in</h1>
<p class="lead">One login for every server. Whichever answers you next will know you.</p>
${message ? html`<p class="notice" role="alert">${message}</p>` : html``}
<form method="post" action="/login">
<label for="username">User name</label>
<input id="username" name="username" value="${username}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="128" required${autofocus}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required${username ? html` autofocus` : html``}>
<button class="primary">Log in</button>
</form>`,
  })
}
