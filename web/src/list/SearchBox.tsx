import { CloseCircleFilled, SearchOutlined } from '@ant-design/icons'
import { useEffect, useRef, useState } from 'react'
import type { Plural } from '../api/types'
import { useKeys } from '../parts/keyboard'
import { t } from '../words'
import { setSearch, stateOf } from './state'

// A row of digits asks whether a number is known, and such questions are few
// and counted: it is sent on Enter only, as is the number of an order, which is
// found whole or not at all. Words are sent while they are typed.
const byDigits = (s: string) => /^[\d+\s-]+$/.test(s)

/** SearchBox finds by two characters of a name, pinyin, the last four digits or a whole phone; orders by their number. */
export function SearchBox({ plural }: { plural: Plural }) {
  const asked = stateOf(plural).use().search
  const [text, setText] = useState(asked)
  const input = useRef<HTMLInputElement>(null)
  const clean = text.trim()
  const orders = plural === 'orders'
  const onEnter = orders || byDigits(clean)
  const short = clean !== '' && [...clean].length < 2
  useEffect(() => setText(asked), [asked])
  useEffect(() => {
    if (clean === asked || short || onEnter) return
    const timer = setTimeout(() => setSearch(plural, clean), 350)
    return () => clearTimeout(timer)
  }, [clean, asked, short, onEnter, plural])
  useKeys({ '/': e => { e.preventDefault(); input.current?.focus(); input.current?.select() } })
  const note = short ? t('web.search.two') : onEnter && clean !== '' && clean !== asked ? t(orders ? 'web.search.enter_order' : 'web.search.enter') : ''
  return (
    <form role="search" className="search" onSubmit={e => { e.preventDefault(); if (!short) setSearch(plural, clean) }}>
      <SearchOutlined aria-hidden />
      <input ref={input} type="search" enterKeyHint="search" autoComplete="off" maxLength={100} value={text} onChange={e => setText(e.target.value)} placeholder={t(orders ? 'web.search.hint_orders' : 'web.search.hint')} aria-label={t('web.search.label')} aria-describedby="search-note"
        onKeyDown={e => { if (e.key === 'Escape') { e.preventDefault(); if (text) { setText(''); setSearch(plural, '') } else input.current?.blur() } }} />
      {text && <button type="button" className="search-clear" aria-label={t('web.act.clear')} onClick={() => { setText(''); setSearch(plural, ''); input.current?.focus() }}><CloseCircleFilled aria-hidden /></button>}
      <span id="search-note" className={note ? 'search-note' : 'sr'} role="status">{note}</span>
    </form>
  )
}
