import { createRootRoute, createRoute, createRouter, lazyRouteComponent, notFound, redirect } from '@tanstack/react-router'
import type { ComponentType } from 'react'
import { trouble } from './api/client'
import { OFFLINE } from './api/problem'
import type { ListName, RowsOf } from './api/types'
import { LISTS, OUTCOMES } from './import/counts'
import { Broken, Coming, Lost } from './shell/Lost'
import { Root } from './shell/Root'

const PLURALS = ['customers', 'contacts', 'orders', 'deals', 'visits', 'tasks'] as const
export type Listed = (typeof PLURALS)[number]

const isListed = (s: string): s is Listed => (PLURALS as readonly string[]).includes(s)

/** listed reads the object of a path; any other word is no page. */
const listed = { parse: (raw: { plural: string }) => { if (!isListed(raw.plural)) throw notFound(); return { plural: raw.plural } }, stringify: (p: { plural: Listed }) => p }

/** page is a page whose code comes when it is first opened. Where it does not come, that is a fault to try again: the router would start the whole workbench anew, and the browser says then that it is offline. */
const page = (load: () => Promise<{ default: ComponentType }>) => lazyRouteComponent(() => load().catch(() => { throw trouble(OFFLINE) }))

const root = createRootRoute({ component: Root, notFoundComponent: Lost })
const today = createRoute({ getParentRoute: () => root, path: '/', component: page(() => import('./today/TodayPage')) })

const list = createRoute({ getParentRoute: () => root, path: '/$plural', params: listed, component: page(() => import('./list/ListPage')) })
const fresh = createRoute({ getParentRoute: () => list, path: 'new', component: page(() => import('./record/NewPanel')) })
const panel = createRoute({ getParentRoute: () => list, path: '$id', component: page(() => import('./record/RecordPanel')) })
const full = createRoute({ getParentRoute: () => root, path: '/customers/$id/full', component: page(() => import('./record/FullPage')) })

const imports = createRoute({
  getParentRoute: () => root, path: '/import', component: page(() => import('./import/StartPage')),
  validateSearch: (raw: Record<string, unknown>): { list?: ListName } => { const l = LISTS.find(x => x === raw.list); return l ? { list: l } : {} },
})
const batch = createRoute({ getParentRoute: () => root, path: '/import/$batch', component: page(() => import('./import/BatchPage')) })
const review = createRoute({ getParentRoute: () => root, path: '/import/$batch/review', component: page(() => import('./import/ReviewPage')) })

const handed = createRoute({ getParentRoute: () => root, path: '/handed', component: page(() => import('./import/HandedPage')) })

const rows = createRoute({
  getParentRoute: () => root, path: '/import/$batch/rows', component: page(() => import('./import/RowsPage')),
  validateSearch: (raw: Record<string, unknown>): { outcome?: RowsOf } => { const o = [...OUTCOMES, 'kept' as const].find(x => x === raw.outcome); return o ? { outcome: o } : {} },
})

const shared = createRoute({ getParentRoute: () => root, path: '/share', beforeLoad: () => { throw redirect({ to: '/share/$part', params: { part: 'inbox' } }) } })
const sharing = createRoute({ getParentRoute: () => root, path: '/share/$part', component: page(() => import('./share/SharePage')) })

const joining = createRoute({ getParentRoute: () => root, path: '/shop/join', component: page(() => import('./share/JoinPage')) })

const shop = createRoute({ getParentRoute: () => root, path: '/shop', component: page(() => import('./shop/ShopPage')) })
const place = createRoute({ getParentRoute: () => root, path: '/shop/$section', component: page(() => import('./shop/PlacePage')) })
const count = createRoute({ getParentRoute: () => root, path: '/count', component: page(() => import('./count/CountPage')) })

export const router = createRouter({
  routeTree: root.addChildren([today, list.addChildren([fresh, panel]), full, imports, batch, review, handed, rows, shared, sharing, joining, shop, place, count]),
  defaultPreload: false,
  defaultNotFoundComponent: Lost,
  defaultErrorComponent: Broken,
  defaultPendingComponent: Coming,
  defaultPendingMs: 200,
  defaultPendingMinMs: 0,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register { router: typeof router }
}
