import { createRedisStore, type TokenStore } from '@holdfast/tokens'
import { storeOptionsFromEnvironment } from '@holdfast/tokens/environment'
import { type SessionState, sessions } from '@holdfast/tokens/koa'
import Koa from 'koa'

export function createApp(store: TokenStore) {
  const auth = sessions({ store })
  const required = sessions({ store, required: true })
  const app = new Koa<SessionState>()
  app.use(auth)
  app.use(async (ctx, next) => {
    const route = `${ctx.method} ${ctx.path}`
    // Check the password before a login.
    if (route === 'POST /login')
      ctx.body = await auth.login(ctx, { subject: 'ann', claims: { role: 'editor' } })
    else if (route === 'POST /logout') ctx.body = { ended: await auth.logout(ctx) }
    else if (route === 'POST /rotate') ctx.body = JSON.stringify(await auth.rotate(ctx))
    else if (route === 'GET /') ctx.body = JSON.stringify(ctx.state.session)
    else await next()
  })
  app.use(required)
  app.use((ctx) => {
    ctx.body = 'for users'
  })
  return app
}

if (import.meta.main) createApp(createRedisStore(storeOptionsFromEnvironment())).listen(3000)
