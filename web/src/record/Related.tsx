import { PhoneOutlined, RightOutlined } from '@ant-design/icons'
import { useCan, useObject } from '../api/person'
import { faultOf, usePage } from '../api/queries'
import type { ID, MayContact, Page, Rec, Row } from '../api/types'
import { CellView } from '../cell/CellView'
import { isEmpty, plain, readCell } from '../cell/read'
import { useContact } from '../follow/CallButton'
import { saidOf } from '../parts/Fault'
import { Head } from '../parts/Section'
import { Wait } from '../parts/Wait'
import { t } from '../words'
import { nameOf } from './facts'
import { removing } from './removing'
import { sub } from './SubSheet'
import { TaskDone } from './TaskDone'

type Kind = 'contacts' | 'orders' | 'deals' | 'tasks'

const LAYOUT: Record<Kind, { first: string[]; second: string[]; right: string }> = {
  contacts: { first: ['name', 'title'], second: ['phone', 'wechat'], right: '' },
  orders: { first: ['no', 'status'], second: ['ordered_on'], right: 'amount' },
  deals: { first: ['need', 'stage'], second: ['close_on'], right: 'amount' },
  tasks: { first: ['title'], second: ['due_at', 'done_at'], right: '' },
}

/** Related is one kind of small records of a customer, with the way to add one. */
export function Related({ rec, plural }: { rec: Rec; plural: Kind }) {
  const object = useObject(plural)
  const page = usePage(plural, { parent: rec.id, limit: 50 })
  const gone = removing.use()
  const create = useCan('create')
  const rows = page.data?.rows.filter(r => !gone.has(r.id)) ?? []
  return (
    <section className="facts" aria-label={object.label}>
      <Head title={t(`web.nav.${plural}`)} count={page.data ? rows.length : undefined}>
        {create && <button type="button" className="linky" onClick={() => sub.set({ plural, fixed: { customer: rec.id } })}>{t('web.act.add')}<span className="sr"> {object.label}</span></button>}
      </Head>
      {faultOf(page) ? <p className="f13 t3 pad">{saidOf(page.error)}</p> : !page.data ? <Wait rows={2} /> : rows.length === 0 ? <p className="f13 t3 pad">{t(`web.related.${plural}`)}</p> : (
        <ul className="related">{rows.map(r => <RelatedRow key={r.id} plural={plural} row={r} page={page.data} rec={rec} />)}</ul>
      )}
    </section>
  )
}

function RelatedRow({ plural, row, page, rec }: { plural: Kind; row: Row; page: Page; rec: Rec }) {
  const object = useObject(plural)
  const layout = LAYOUT[plural]
  const view = (name: string) => {
    const field = object.fields.find(f => f.name === name)
    if (!field || !page.fields.includes(name)) return null
    const seen = readCell(row.cells[name], page.reasons, field, row.mine)
    return seen.level === 'clear' && isEmpty(seen.value) ? null : <CellView key={name} plural={plural} row={row} field={field} reasons={page.reasons} names={page.names} />
  }
  return (
    <li>
      {plural === 'tasks' && <TaskDone row={row} title={plain(row.cells.title, page.reasons)} />}
      <div className="grow">
        <div className="row b5 related-first">{layout.first.map(n => <span key={n} className="el">{view(n)}</span>)}</div>
        <div className="row f12 t3 gap12">{layout.second.map(n => view(n))}</div>
      </div>
      {layout.right && <span className="b5 nw">{view(layout.right)}</span>}
      {plural === 'contacts' && <CallContact rec={rec} row={row} page={page} />}
      <button type="button" className="icon-btn sm" aria-label={t('web.related.open', { object: object.label })} onClick={() => sub.set({ plural, id: row.id, fixed: {} })}><RightOutlined aria-hidden /></button>
    </li>
  )
}

const callOf = (rec: Rec): MayContact | undefined => rec.contact.find(c => c.channel === 'call')

function CallContact({ rec, row, page }: { rec: Rec; row: Row; page: Page }) {
  const ask = useContact()
  const name = plain(row.cells.name, page.reasons) || nameOf(rec)
  if (!rec.can.includes('contact') || !callOf(rec)?.ok || isEmpty(readCell(row.cells.phone, page.reasons).value)) return null
  return <button type="button" className="icon-btn sm" disabled={ask.isPending} aria-label={t('web.contact.to', { way: t('web.contact.call'), name })} onClick={() => ask.mutate({ whom: { customer: rec.id, contact: row.id as ID, name }, channel: 'call' })}><PhoneOutlined aria-hidden /></button>
}

export const RELATED: Kind[] = ['orders', 'deals', 'tasks', 'contacts']
