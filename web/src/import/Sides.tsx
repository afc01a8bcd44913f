import { CheckOutlined } from '@ant-design/icons'
import { usePerson } from '../api/person'
import type { Cell, Field, ReviewItem, Side } from '../api/types'
import { MaskedText } from '../cell/Masked'
import { isEmpty, readCell } from '../cell/read'
import { Empty, Value } from '../cell/Value'
import { t } from '../words'

/** Sides is a row of a list beside the record that it may be about. */
export function Sides({ item, row, there, title }: { item: ReviewItem; row: string; there: string; title: string }) {
  return (
    <div className="review-scroll">
      <table className="review">
        <caption className="sr">{title}</caption>
        <thead><tr><td /><th scope="col">{row}</th><th scope="col">{there}</th></tr></thead>
        <tbody>{item.fields.map((s, i) => <SideRow key={`${s.name}-${i}`} side={s} />)}</tbody>
      </table>
    </div>
  )
}

function SideRow({ side }: { side: Side }) {
  const dot = side.name.indexOf('.'), of = dot > 0 ? side.name.slice(0, dot) : 'customer', name = side.name.slice(dot + 1)
  const object = usePerson().schema.objects.find(o => o.name === of)
  const field = object?.fields.find(f => f.name === name)
  return (
    <tr className={side.same ? undefined : 'differs'}>
      <th scope="row">{dot > 0 && <span className="t3">{object?.label ?? of} · </span>}{field?.label ?? side.name}</th>
      <td><Shown cell={side.row} field={field} /></td>
      <td><Shown cell={side.there} field={field} />{side.same && <span className="okc same-mark"><CheckOutlined aria-hidden /><span className="sr">{t('web.review.equal')}</span></span>}</td>
    </tr>
  )
}

const text: Field = { name: '', label: '', kind: 'text', class: 'basic', required: false, filter: false, sort: false, computed: false, list: false, own: 'clear', other: 'clear' }

function Shown({ cell, field }: { cell: Cell; field?: Field }) {
  const seen = readCell(cell, [], { ...(field ?? text), own: 'exists', other: 'exists' })
  if (seen.level === 'clear') return isEmpty(seen.value) ? <Empty /> : <Value field={field ?? text} value={seen.value} full />
  return <MaskedText seen={seen} field={field ?? text} />
}
