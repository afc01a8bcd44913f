import { createRootRoute, createRoute, createRouter, lazyRouteComponent, notFound, redirect } from '@tanstack/react-router'
import type { ListName, RowsOf } from './api/types'
import { LISTS, OUTCOMES } from './import/counts'
import { Lost } from './shell/Lost'
import { Root } from './shell/Root'

const PLURALS = ['customers', 'contacts', 'orders', 'deals', 'visits', 'tasks'] as const
export type Listed = (typeof PLURALS)[number]

const isListed = (s: string): s is Listed => (PLURALS as readonly string[]).includes(s)

/** listed reads the object of a path; any other word is no page. */
const listed = { parse: (raw: { plural: string }) => { if (!isListed(raw.plural)) throw notFound(); return { plural: raw.plural } }, stringify: (p: { plural: Listed }) => p }

const root = createRootRoute({ component: Root, notFoundComponent: Lost })
const today = createRoute({ getParentRoute: () => root, path: '/', component: lazyRouteComponent(() => import('./today/TodayPage')) })

const list = createRoute({ getParentRoute: () => root, path: '/$plural', params: listed, component: lazyRouteComponent(() => import('./list/ListPage')) })
const fresh = createRoute({ getParentRoute: () => list, path: 'new', component: lazyRouteComponent(() => import('./record/NewPanel')) })
const panel = createRoute({ getParentRoute: () => list, path: '$id', component: lazyRouteComponent(() => import('./record/RecordPanel')) })
const full = createRoute({ getParentRoute: () => root, path: '/customers/$id/full', component: lazyRouteComponent(() => import('./record/FullPage')) })

const imports = createRoute({
  getParentRoute: () => root, path: '/import', component: lazyRouteComponent(() => import('./import/StartPage')),
  validateSearch: (raw: Record<string, unknown>): { list?: ListName } => { const l = LISTS.find(x => x === raw.list); return l ? { list: l } : {} },
})
const batch = createRoute({ getParentRoute: () => root, path: '/import/$batch', component: lazyRouteComponent(() => import('./import/BatchPage')) })
const review = createRoute({ getParentRoute: () => root, path: '/import/$batch/review', component: lazyRouteComponent(() => import('./import/ReviewPage')) })

const handed = createRoute({ getParentRoute: () => root, path: '/handed', component: lazyRouteComponent(() => import('./import/HandedPage')) })

const rows = createRoute({
  getParentRoute: () => root, path: '/import/$batch/rows', component: lazyRouteComponent(() => import('./import/RowsPage')),
  validateSearch: (raw: Record<string, unknown>): { outcome?: RowsOf } => { const o = [...OUTCOMES, 'kept' as const].find(x => x === raw.outcome); return o ? { outcome: o } : {} },
})

const shared = createRoute({ getParentRoute: () => root, path: '/share', beforeLoad: () => { throw redirect({ to: '/share/$part', params: { part: 'inbox' } }) } })
const sharing = createRoute({ getParentRoute: () => root, path: '/share/$part', component: lazyRouteComponent(() => import('./share/SharePage')) })

const joining = createRoute({ getParentRoute: () => root, path: '/shop/join', component: lazyRouteComponent(() => import('./share/JoinPage')) })

const shop = createRoute({ getParentRoute: () => root, path: '/shop', component: lazyRouteComponent(() => import('./shop/ShopPage')) })
const place = createRoute({ getParentRoute: () => root, path: '/shop/$section', component: lazyRouteComponent(() => import('./shop/PlacePage')) })
const count = createRoute({ getParentRoute: () => root, path: '/count', component: lazyRouteComponent(() => import('./count/CountPage')) })

export const router = createRouter({
  routeTree: root.addChildren([today, list.addChildren([fresh, panel]), full, imports, batch, review, handed, rows, shared, sharing, joining, shop, place, count]),
  defaultPreload: false,
  defaultNotFoundComponent: Lost,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register { router: typeof router }
}
