import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useState } from 'react'
import * as calls from '../api/calls'
import type { ID, Page, Row } from '../api/types'
import { plain } from '../cell/read'
import { saidOf } from '../parts/Fault'
import { Line } from '../parts/Typing'
import { t } from '../words'

const labelOfRow = (page: Page, r: Row) => [plain(r.cells.name, page.reasons), plain(r.cells.phone, page.reasons)].filter(Boolean).join(' ')

/** CustomerPick finds the customer a record belongs to, by two characters of the name. */
export function CustomerPick({ id, value, onChange, invalid }: { id: string; value: ID; onChange: (id: ID) => void; invalid?: boolean }) {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const [open, setOpen] = useState(false)
  const typed = useDeferredValue(text.trim())
  const ask = { search: typed, limit: 8, fields: ['name', 'phone'] }
  const hits = useQuery({ queryKey: ['list', 'pick', typed], queryFn: ({ signal }) => calls.search('customers', ask, signal), enabled: open && [...typed].length >= 2 })
  const rows = (open && hits.data?.rows) || []
  const pick = (r: Row | undefined) => {
    if (!r || !hits.data) return
    onChange(r.id)
    setText(labelOfRow(hits.data, r))
    setOpen(false)
  }
  const pressed = (e: React.KeyboardEvent) => {
    if (rows.length === 0) return
    if (e.key === 'ArrowDown') setAt((at + 1) % rows.length)
    else if (e.key === 'ArrowUp') setAt((at - 1 + rows.length) % rows.length)
    else if (e.key === 'Enter' && !e.nativeEvent.isComposing) pick(rows[at])
    else if (e.key === 'Escape') { setOpen(false); e.stopPropagation() } else return
    e.preventDefault()
  }
  return (
    <div className="pick">
      <Line id={id} role="combobox" aria-expanded={rows.length > 0} aria-controls={`${id}-list`} aria-autocomplete="list" aria-invalid={invalid} autoComplete="off" placeholder={t('web.form.customer_hint')} value={text} maxLength={100}
        onChange={e => { setText(e.target.value); setOpen(true); setAt(0); if (value) onChange('') }} onKeyDown={pressed} onBlur={() => setTimeout(() => setOpen(false), 150)} />
      <div id={`${id}-list`} role="listbox" aria-label={t('web.form.customer_list')} className={rows.length > 0 ? 'pick-list' : 'sr'}>
        {rows.map((r, i) => <div key={r.id} role="option" aria-selected={i === at} className={i === at ? 'on' : undefined} onMouseDown={e => { e.preventDefault(); pick(r) }}>{hits.data && labelOfRow(hits.data, r)}</div>)}
      </div>
      {open && hits.error && <span className="err" role="alert">{saidOf(hits.error)}</span>}
      {open && hits.data?.rows.length === 0 && <span className="note">{t('web.form.customer_none')}</span>}
    </div>
  )
}
