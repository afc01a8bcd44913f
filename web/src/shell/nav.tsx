import { AlertOutlined, ApiOutlined, AppstoreOutlined, BarChartOutlined, CalendarOutlined, CheckSquareOutlined, CloudServerOutlined, ContactsOutlined, FileDoneOutlined, FileProtectOutlined, FunnelPlotOutlined, HomeOutlined, ImportOutlined, KeyOutlined, LaptopOutlined, NodeIndexOutlined, SafetyOutlined, SettingOutlined, ShareAltOutlined, ShopOutlined, TeamOutlined, UserOutlined } from '@ant-design/icons'
import type { ReactNode } from 'react'
import { isMall, isShop } from '../api/person'
import type { Me } from '../api/types'
import type { Key } from '../words'

/** An Entry is one place of the workbench. */
export interface Entry { to: string; label: Key; icon: ReactNode }

/** seesPeople is false for positions that work with counts only. */
export const seesPeople = (me: Me) => me.scenes.length > 0

/** shares tells who recommends and receives: whoever may contact customers, and who leads the shop. */
const shares = (me: Me) => me.can.includes('contact') || me.can.includes('admin')

const home: Entry = { to: '/', label: 'web.nav.today', icon: <HomeOutlined aria-hidden /> }
export const customers: Entry = { to: '/customers', label: 'web.nav.customers', icon: <TeamOutlined aria-hidden /> }
const sharing: Entry = { to: '/share', label: 'web.nav.share', icon: <ShareAltOutlined aria-hidden /> }
const alliance: Entry = { to: '/share/alliance', label: 'web.nav.alliance', icon: <ShareAltOutlined aria-hidden /> }
const shop: Entry = { to: '/shop', label: 'web.nav.shop', icon: <ShopOutlined aria-hidden /> }
const count: Entry = { to: '/count', label: 'web.nav.count', icon: <BarChartOutlined aria-hidden /> }
export const importing: Entry = { to: '/import', label: 'web.nav.import', icon: <ImportOutlined aria-hidden /> }

/** records are the lists beside the customers; a shop reaches them from the customers' page. */
export const records: Entry[] = [
  { to: '/orders', label: 'web.nav.orders', icon: <FileDoneOutlined aria-hidden /> },
  { to: '/deals', label: 'web.nav.deals', icon: <FunnelPlotOutlined aria-hidden /> },
  { to: '/visits', label: 'web.nav.visits', icon: <CalendarOutlined aria-hidden /> },
  { to: '/tasks', label: 'web.nav.tasks', icon: <CheckSquareOutlined aria-hidden /> },
  { to: '/contacts', label: 'web.nav.contacts', icon: <ContactsOutlined aria-hidden /> },
]

interface Place extends Entry { part: 'own' | 'manage' | 'protect'; may: (me: Me) => boolean }

const always = () => true
const admin = (me: Me) => me.can.includes('admin')
const ledger = (me: Me) => me.can.includes('ledger')

/** places are the pages below 我的店; a company has them in the menu. */
export const places: Place[] = [
  { to: '/shop/people', label: 'web.shop.people', icon: <UserOutlined aria-hidden />, part: 'manage', may: admin },
  { to: '/shop/settings', label: 'web.shop.settings', icon: <SettingOutlined aria-hidden />, part: 'manage', may: admin },
  { to: '/shop/notice', label: 'web.shop.notice', icon: <FileProtectOutlined aria-hidden />, part: 'protect', may: me => admin(me) || ledger(me) },
  { to: '/shop/ledger', label: 'web.shop.ledger', icon: <NodeIndexOutlined aria-hidden />, part: 'protect', may: ledger },
  { to: '/import', label: 'web.import.history', icon: <ImportOutlined aria-hidden />, part: 'protect', may: me => ledger(me) && !me.can.includes('import') },
  { to: '/shop/keys', label: 'web.shop.keys', icon: <KeyOutlined aria-hidden />, part: 'protect', may: me => me.can.includes('keys') },
  { to: '/shop/backups', label: 'web.shop.backups', icon: <CloudServerOutlined aria-hidden />, part: 'protect', may: me => admin(me) || me.can.includes('keys') },
  { to: '/shop/alerts', label: 'web.shop.alerts', icon: <AlertOutlined aria-hidden />, part: 'protect', may: me => ['owner', 'leader', 'pio'].includes(me.position) },
  { to: '/shop/security', label: 'web.shop.security', icon: <SafetyOutlined aria-hidden />, part: 'own', may: always },
  { to: '/shop/devices', label: 'web.shop.devices', icon: <LaptopOutlined aria-hidden />, part: 'own', may: always },
  { to: '/shop/tokens', label: 'web.shop.tokens', icon: <ApiOutlined aria-hidden />, part: 'own', may: always },
]

export const placesOf = (me: Me, part: Place['part']) => places.filter(p => p.part === part && p.may(me))

export interface Group { label?: Key; entries: Entry[] }

/** menuOf is the left bar: four words for a shop, more for a company. An office has its members first, and what customers of its own it may have last. */
export function menuOf(me: Me): Group[] {
  const people = seesPeople(me)
  const work = [home, ...(people ? [customers] : []), ...(shares(me) ? [sharing] : []), ...(me.can.includes('count') && !people ? [count] : [])]
  if (isShop(me)) return [{ entries: [...work, shop] }]
  const more = [...(people ? records : []), ...(me.can.includes('import') ? [importing] : []), ...(me.can.includes('count') && people ? [count] : [])]
  const office = [home, ...(shares(me) ? [alliance] : []), ...(me.can.includes('count') && !people ? [count] : [])]
  const groups: Group[] = [{ entries: isMall(me) ? office : [...work, ...more] }]
  for (const part of ['manage', 'protect', 'own'] as const) {
    const entries = placesOf(me, part)
    if (entries.length > 0) groups.push({ label: `web.nav.${part}`, entries })
  }
  if (isMall(me) && people) groups.push({ label: 'web.nav.records', entries: [customers, ...more] })
  return groups
}

/** waitsAt is how many customers wait behind an entry. */
export const waitsAt = (me: Me, e: Entry) => (e.to === sharing.to ? me.arrivals : 0)

/** tabsOf is the bottom bar of a phone. */
export function tabsOf(me: Me): Entry[] {
  const people = seesPeople(me)
  const work = [home, ...(people ? [customers] : me.can.includes('count') ? [count] : []), ...(shares(me) ? [sharing] : [])]
  if (isShop(me)) return [...work, shop]
  if (isMall(me)) return [home, ...(shares(me) ? [alliance] : []), { ...shop, label: 'web.nav.more', icon: <AppstoreOutlined aria-hidden /> }]
  return [...work, ...(people ? records.filter(r => r.to === '/tasks') : []), { ...shop, label: 'web.nav.more', icon: <AppstoreOutlined aria-hidden /> }]
}

const within = (path: string, to: string) => (to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`))

/** hereOf is the entry of a menu in whose place a path lies. Lists and the import that have no entry of their own are reached from the customers. */
export function hereOf(path: string, entries: Entry[]): string | undefined {
  const own = entries.find(e => within(path, e.to))
  if (own) return own.to
  return [...records, importing].some(e => within(path, e.to)) ? customers.to : undefined
}
