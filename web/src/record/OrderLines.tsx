import { CloseOutlined, PlusOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Button } from '../parts/Button'
import { useState, type ReactNode } from 'react'
import * as calls from '../api/calls'
import { useObject } from '../api/person'
import { afterWrite, usePage } from '../api/queries'
import type { ID, Row } from '../api/types'
import { CellView } from '../cell/CellView'
import { saidOf } from '../parts/Fault'
import { useOnce } from '../parts/once'
import { Head } from '../parts/Section'
import { Wait } from '../parts/Wait'
import { t } from '../words'
import { minorOf, yuan } from '../words/money'
import { removeSoon, removing } from './removing'

/** A Line of an order as it is typed. */
interface Line { item: string; qty: string; price: string }

const empty: Line = { item: '', qty: '1', price: '' }
const used = (l: Line) => l.item.trim() !== '' || l.price.trim() !== ''
const good = (l: Line) => l.item.trim() !== '' && /^\d{1,6}$/.test(l.qty.trim()) && (l.price.trim() === '' || minorOf(l.price) !== undefined)

/** saveLines stores the lines of an order, one after the other, in their order; sent again under the same once, those that are stored stay as they are. */
export async function saveLines(order: ID, rows: Line[], once: string) {
  for (const [i, l] of rows.filter(used).entries()) {
    const price = minorOf(l.price)
    await calls.create('order-lines', { fields: { order, item: l.item.trim(), qty: Number(l.qty), ...(price === undefined ? {} : { price }) } }, `${once}-${i}`)
  }
}

function LineInputs({ line, n, set, drop }: { line: Line; n: number; set: (l: Line) => void; drop?: () => void }) {
  return (
    <div className="line" role="group" aria-label={t('web.lines.nth', { n })}>
      <input className="kx-input item" aria-label={t('web.lines.item')} placeholder={t('web.lines.item')} maxLength={200} value={line.item} onChange={e => set({ ...line, item: e.target.value })} />
      <input className="kx-input qty" aria-label={t('web.lines.qty')} inputMode="numeric" value={line.qty} onChange={e => set({ ...line, qty: e.target.value })} />
      <input className="kx-input price" aria-label={t('web.lines.price')} placeholder={t('web.lines.price')} inputMode="decimal" value={line.price} onChange={e => set({ ...line, price: e.target.value })} />
      {drop && <button type="button" className="icon-btn" aria-label={t('web.lines.drop', { n })} onClick={drop}><CloseOutlined aria-hidden /></button>}
    </div>
  )
}

/** useLines are the lines of an order that is being made. */
export function useLines(): { rows: Line[]; ready: () => boolean; view: ReactNode } {
  const [rows, setRows] = useState<Line[]>([empty])
  const [bad, setBad] = useState(false)
  const set = (i: number, l: Line) => { setBad(false); setRows(old => old.map((o, n) => (n === i ? l : o))) }
  const sum = rows.reduce((s, l) => s + (minorOf(l.price) ?? 0) * (Number(l.qty) || 0), 0)
  const view = (
    <fieldset className="lines">
      <legend>{t('web.lines.title')}{sum > 0 && <span className="t3 f13"> {t('web.lines.sum', { sum: yuan(sum) })}</span>}</legend>
      {rows.map((l, i) => <LineInputs key={i} n={i + 1} line={l} set={x => set(i, x)} drop={rows.length > 1 ? () => setRows(old => old.filter((_, n) => n !== i)) : undefined} />)}
      {bad && <span className="err no f12" role="alert">{t('web.lines.bad')}</span>}
      <Button size="small" icon={<PlusOutlined />} onClick={() => setRows(old => [...old, empty])}>{t('web.lines.add')}</Button>
    </fieldset>
  )
  const ready = () => { const ok = rows.filter(used).every(good); setBad(!ok); return ok }
  return { rows, ready, view }
}

/** OrderLines are the lines of an order that is there: read, added, taken out. */
export function OrderLines({ order, editable }: { order: ID; editable: boolean }) {
  const object = useObject('order-lines')
  const page = usePage('order-lines', { parent: order, limit: 100 })
  const gone = removing.use()
  const [line, setLine] = useState(empty)
  const once = useOnce()
  const add = useMutation({ mutationFn: () => saveLines(order, [line], once.get().key), onSuccess: () => { once.renew(); setLine(empty); afterWrite('order-lines'); afterWrite('orders', order) } })
  if (!page.data) return page.error ? <p className="form-err">{saidOf(page.error)}</p> : <Wait rows={2} />
  const rows = page.data.rows.filter(r => !gone.has(r.id))
  const cell = (r: Row, name: string) => {
    const f = object.fields.find(x => x.name === name)
    return f && page.data.fields.includes(name) ? <CellView plural="order-lines" row={r} field={f} reasons={page.data.reasons} /> : null
  }
  return (
    <section aria-label={t('web.lines.title')}>
      <Head title={t('web.lines.title')} count={rows.length} />
      {rows.length > 0 && (
        <table className="lines-table">
          <caption className="sr">{t('web.lines.title')}</caption>
          <thead><tr><th scope="col">{t('web.lines.item')}</th><th scope="col" className="r">{t('web.lines.qty')}</th><th scope="col" className="r">{t('web.lines.price')}</th><th scope="col" className="r">{t('web.lines.amount')}</th>{editable && <td />}</tr></thead>
          <tbody>
            {rows.map(r => (
              <tr key={r.id}><th scope="row">{cell(r, 'item')}</th><td className="r">{cell(r, 'qty')}</td><td className="r">{cell(r, 'price')}</td><td className="r">{cell(r, 'amount')}</td>
                {editable && <td className="r"><button type="button" className="icon-btn sm" aria-label={t('web.remove.act', { object: object.label })} onClick={() => removeSoon('order-lines', r.id, r.rev, object.label)}><CloseOutlined aria-hidden /></button></td>}</tr>
            ))}
          </tbody>
        </table>
      )}
      {rows.length === 0 && <p className="t3 f13 pad">{t('web.lines.none')}</p>}
      {editable && (
        <form className="line-add" onSubmit={e => { e.preventDefault(); if (good(line)) add.mutate() }}>
          <LineInputs n={rows.length + 1} line={line} set={setLine} /><Button htmlType="submit" loading={add.isPending} disabled={!good(line)}>{t('web.lines.add')}</Button>
          {add.isError && <p className="form-err" role="alert">{saidOf(add.error)}</p>}
        </form>
      )}
    </section>
  )
}
