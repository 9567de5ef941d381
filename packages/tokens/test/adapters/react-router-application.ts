import type { TokenStore } from '@holdfast/tokens'
import { type RouteArgs, sessionContext, sessions } from '@holdfast/tokens/react-router'
import { createRequestHandler, type ServerBuild } from 'react-router'

const ANN = { subject: 'ann', claims: { role: 'editor' } }

/** An application as the build of React Router leaves it: a root route with the middleware, and resource routes. */
export function createHandler(store: TokenStore): (request: Request) => Promise<Response> {
  const auth = sessions({ store })
  const modules = {
    index: { loader: ({ context }: RouteArgs) => Response.json(context.get(sessionContext)) },
    private: { middleware: [auth.required], loader: () => Response.json('for users') },
    login: { action: async (args: RouteArgs) => Response.json(await auth.login(args, ANN)) },
    logout: { action: async (args: RouteArgs) => Response.json({ ended: await auth.logout(args) }) },
    rotate: { action: async (args: RouteArgs) => Response.json(await auth.rotate(args)) },
  }
  const routes: ServerBuild['routes'] = {
    root: { id: 'root', path: '', module: { middleware: [auth.middleware], default: null } },
  }
  for (const [id, module] of Object.entries(modules)) {
    const place = id === 'index' ? { index: true } : { path: id }
    routes[id] = { id, parentId: 'root', ...place, module: { default: null, ...module } }
  }
  const build: ServerBuild = {
    entry: { module: { default: () => new Response('a page') } },
    routes,
    assets: { entry: { imports: [], module: '' }, routes: {}, url: '', version: '1' },
    publicPath: '/',
    assetsBuildDirectory: '',
    future: {},
    ssr: true,
    isSpaMode: false,
    prerender: [],
    routeDiscovery: { mode: 'initial', manifestPath: '/__manifest' },
  }
  return createRequestHandler(build, 'production')
}
