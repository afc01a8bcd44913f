import { FileDoneOutlined, PlusOutlined, SearchOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useDeferredValue, useEffect, useState, type ReactNode } from 'react'
import * as calls from '../api/calls'
import { useMe } from '../api/person'
import { store } from '../api/store'
import { saidOf } from '../parts/Fault'
import { Sheet } from '../parts/Sheet'
import { plain } from '../cell/read'
import { setSearch } from '../list/state'
import { t } from '../words'
import { customers, menuOf, places, records, seesPeople } from './nav'

export const palette = store(false)

interface Item { id: string; icon: ReactNode; label: ReactNode; words: string; go: () => void }

/** Palette goes to any place, makes a new record, finds a customer: Ctrl+K. */
export function Palette() {
  const open = palette.use()
  useEffect(() => {
    const pressed = (e: KeyboardEvent) => {
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'k') {
        e.preventDefault()
        palette.set(o => !o)
      }
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [])
  return (
    <Sheet open={open} onClose={() => palette.set(false)} title={t('web.palette.open')} width={560} bare className="palette"><Finder /></Sheet>
  )
}

function usePlaces(): Item[] {
  const me = useMe()
  const go = useNavigate()
  const entries = [...menuOf(me).flatMap(g => g.entries), ...(seesPeople(me) ? records : []), ...places.filter(p => p.may(me))]
  const known = entries.filter((e, i) => entries.findIndex(x => x.to === e.to) === i)
  const to: Item[] = known.map(e => ({ id: e.to, icon: e.icon, label: t(e.label), words: t(e.label), go: () => void go({ to: e.to }) }))
  if (!me.can.includes('create')) return to
  const fresh = (['customers', 'orders', 'deals', 'tasks'] as const).map(plural => {
    const label = t(`web.new.${plural}`)
    return { id: `new-${plural}`, icon: <PlusOutlined aria-hidden />, label, words: label, go: () => void go({ to: '/$plural/new', params: { plural } }) }
  })
  return [...to, ...fresh]
}

/** Found is what a search gave, and what went wrong with it. */
interface Found { items: Item[]; error?: unknown }

function useHits(text: string): Found {
  const go = useNavigate()
  const me = useMe()
  const enough = seesPeople(me) && [...text].length >= 2
  const hits = useQuery({ queryKey: ['list', 'palette', text], queryFn: ({ signal }) => calls.search('customers', { search: text, limit: 6, fields: ['name', 'phone'] }, signal), enabled: enough })
  if (!enough || !hits.data) return { items: [], error: hits.error }
  const page = hits.data
  return { items: page.rows.map(r => ({
    id: r.id, icon: customers.icon, words: '', go: () => void go({ to: '/$plural/$id', params: { plural: 'customers', id: r.id } }),
    label: <>{plain(r.cells.name, page.reasons)} <span className="t3">{plain(r.cells.phone, page.reasons)}</span></>,
  })) }
}

/** isNumber tells what may be the number of an order: digits in it, no Chinese, more than the tail of a phone. */
const isNumber = (text: string) => /\d/.test(text) && /^[!-~]{3,40}$/.test(text) && !/^\d{4}$/.test(text)

function useOrders(text: string): Found {
  const go = useNavigate()
  const me = useMe()
  const asked = seesPeople(me) && isNumber(text)
  const hits = useQuery({ queryKey: ['list', 'palette-orders', text], queryFn: ({ signal }) => calls.search('orders', { search: text, limit: 6, fields: ['no', 'customer'] }, signal), enabled: asked })
  if (!asked || !hits.data) return { items: [], error: hits.error }
  const page = hits.data
  return { items: page.rows.map(r => ({
    id: r.id, icon: <FileDoneOutlined aria-hidden />, words: '', go: () => void go({ to: '/$plural/$id', params: { plural: 'orders', id: r.id } }),
    label: <>{plain(r.cells.no, page.reasons)} <span className="t3">{page.names?.[String(r.cells.customer)] ?? ''}</span></>,
  })) }
}

function Finder() {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const go = useNavigate()
  const me = useMe()
  const typed = useDeferredValue(text.trim())
  const found = usePlaces().filter(i => i.words.toLowerCase().includes(typed.toLowerCase()))
  const inList: Item[] = typed && seesPeople(me)
    ? [{ id: 'search', icon: <SearchOutlined aria-hidden />, label: t('web.palette.search', { text: typed }), words: '', go: () => { setSearch('customers', typed); void go({ to: '/$plural', params: { plural: 'customers' } }) } }]
    : []
  const hits = useHits(typed), orders = useOrders(typed)
  const items = [...hits.items, ...orders.items, ...found, ...inList]
  const error = hits.error ?? orders.error
  const here = Math.min(at, items.length - 1)
  const pick = (i: Item | undefined) => {
    if (!i) return
    palette.set(false)
    i.go()
  }
  const pressed = (e: React.KeyboardEvent) => {
    if (e.key === 'ArrowDown') setAt((here + 1) % items.length)
    else if (e.key === 'ArrowUp') setAt((here - 1 + items.length) % items.length)
    else if (e.key === 'Enter' && !e.nativeEvent.isComposing) pick(items[here])
    else return
    e.preventDefault()
  }
  return (
    <>
      <div className="palette-in"><SearchOutlined aria-hidden />
        <input autoFocus role="combobox" aria-expanded aria-controls="palette-list" aria-activedescendant={items[here] ? `pal-${items[here].id}` : undefined} aria-label={t('web.palette.open')} placeholder={t('web.palette.hint')}
          value={text} maxLength={100} onChange={e => { setText(e.target.value); setAt(0) }} onKeyDown={pressed} />
      </div>
      <div id="palette-list" role="listbox" aria-label={t('web.palette.open')} className="palette-list">
        {items.map((i, n) => (
          <div key={i.id} id={`pal-${i.id}`} role="option" aria-selected={n === here} className={n === here ? 'on' : undefined} onMouseEnter={() => setAt(n)} onClick={() => pick(i)}>{i.icon}<span className="el">{i.label}</span></div>
        ))}
      </div>
      {error ? <p className="form-err" role="alert">{saidOf(error)}</p> : items.length === 0 && <p className="t3 f13 palette-none">{t('web.palette.none')}</p>}
    </>
  )
}
