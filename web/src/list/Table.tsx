import { ArrowDownOutlined, ArrowUpOutlined } from '@ant-design/icons'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import type { Field, ID, ObjectDef, Page, Row } from '../api/types'
import { CellView } from '../cell/CellView'
import { NameLink } from '../cell/NameLink'
import { plain, readCell } from '../cell/read'
import { useKeys } from '../parts/keyboard'
import { TaskDone } from '../record/TaskDone'
import type { Listed } from '../router'
import { isEnglish, t } from '../words'
import { order, startsLate, stateOf, usual } from './state'
import { titleField } from './title'

const WIDTHS: Partial<Record<Field['kind'], number>> = { name: 140, phone: 140, choice: 88, region: 108, instant: 120, day: 96, money: 104, number: 80, ref: 96, email: 140, wechat: 130, uscc: 180 }

const widthOf = (f: Field) => (f.name === 'tags' ? 150 : f.name === 'source' ? (isEnglish() ? 148 : 112) : f.kind === 'choices' ? 140 : f.kind === 'text' || f.kind === 'address' ? 190 : (WIDTHS[f.kind] ?? 140))

/** The column that takes what is left of the width: the first sentence, else the last. */
const wideOf = (columns: Field[]) => columns.find(f => f.kind === 'text' && (f.max ?? 0) >= 200) ?? columns.at(-1)

const isRight = (f: Field) => f.kind === 'money' || f.kind === 'number'

/** columnsIn puts the title first and leaves out what the page did not bring. */
function columnsIn(object: ObjectDef, page: Page): Field[] {
  const title = titleField(object)
  const rest = page.fields.map(n => object.fields.find(f => f.name === n)).filter(f => f !== undefined && f !== title) as Field[]
  return title && page.fields.includes(title.name) ? [title, ...rest] : rest
}

/** Table is a real table: 35 px rows, the first column stays, J and K move, Enter opens. */
export function Table({ object, page, open }: { object: ObjectDef; page: Page; open?: ID }) {
  const plural = object.plural as Listed
  const columns = columnsIn(object, page)
  // a word after a figure stands off from it, as in list.css
  const widths = columns.map((f, i) => widthOf(f) + (i > 0 && isRight(columns[i - 1] as Field) && !isRight(f) ? 24 : 0))
  const wide = wideOf(columns)
  const { at, setAt } = useRowKeys(plural, page, open)
  const go = useNavigate()
  const show = (e: React.MouseEvent, id: ID) => {
    if ((e.target as HTMLElement).closest('a, button, .pop')) return
    if (!getSelection()?.isCollapsed) return
    void go({ to: '/$plural/$id', params: { plural, id } })
  }
  return (
    <table className="list" style={{ minWidth: widths.reduce((a, b) => a + b, 0) }}>
      <caption className="sr">{object.label}</caption>
      <colgroup>{columns.map((f, i) => <col key={f.name} style={f === wide ? undefined : { width: widths[i] }} />)}</colgroup>
      <thead><tr>{columns.map(f => <HeadCell key={f.name} object={object} field={f} />)}</tr></thead>
      <tbody>
        {page.rows.map((r, i) => (
          <tr key={r.id} data-row={i} className={r.id === open ? 'sel' : i === at && !open ? 'at' : undefined} onClick={e => { setAt(i); show(e, r.id) }}>
            {columns.map((f, c) => <BodyCell key={f.name} object={object} page={page} row={r} field={f} title={c === 0} />)}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function HeadCell({ object, field }: { object: ObjectDef; field: Field }) {
  const s = stateOf(object.plural).use()
  const right = isRight(field) ? 'r' : undefined
  if (!field.sort) return <th scope="col" className={right}>{field.label}</th>
  const on = s.sort === field.name
  const late = startsLate(field.name)
  const turned = () => {
    if (!on) return order(object.plural, field.name, late)
    if (s.desc === late) return order(object.plural, field.name, !late)
    const { sort, desc } = usual(object.plural)
    order(object.plural, sort, desc)
  }
  return (
    <th scope="col" className={right} aria-sort={on ? (s.desc ? 'descending' : 'ascending') : 'none'}>
      <button type="button" className={on ? 'th-sort on' : 'th-sort'} title={t('web.sort.by', { field: field.label })} onClick={turned}>
        {field.label}{on && (s.desc ? <ArrowDownOutlined aria-hidden /> : <ArrowUpOutlined aria-hidden />)}
      </button>
    </th>
  )
}

function BodyCell({ object, page, row, field, title }: { object: ObjectDef; page: Page; row: Row; field: Field; title: boolean }) {
  const plural = object.plural as Listed
  if (!title) return <td className={isRight(field) ? 'r' : undefined}><div className="cell"><CellView plural={plural} row={row} field={field} reasons={page.reasons} names={page.names} /></div></td>
  return <th scope="row"><div className="cell">{plural === 'tasks' && <TaskDone row={row} title={plain(row.cells.title, page.reasons)} />}<NameLink className="name" plural={plural} id={row.id} field={field} seen={readCell(row.cells[field.name], page.reasons, field, row.mine)} names={page.names} /></div></th>
}

/** useRowKeys moves the mark with J and K; with a record open it moves the record. */
function useRowKeys(plural: Listed, page: Page, open?: ID) {
  const [at, setAt] = useState(-1)
  const go = useNavigate()
  const moved = useRef(false)
  const step = (by: number) => {
    const here = open ? page.rows.findIndex(r => r.id === open) : at
    const next = Math.max(0, Math.min(page.rows.length - 1, here + by))
    const row = page.rows[next]
    if (!row) return
    moved.current = true
    setAt(next)
    if (open) void go({ to: '/$plural/$id', params: { plural, id: row.id } })
  }
  // beside a record the arrows scroll it
  const walk = (e: KeyboardEvent, by: number) => { if (!open && !(e.target as HTMLElement).closest('.pop, [role=tablist], [role=separator]')) { e.preventDefault(); step(by) } }
  useKeys({
    j: () => step(1), k: () => step(-1), ArrowDown: e => walk(e, 1), ArrowUp: e => walk(e, -1),
    Enter: e => {
      const row = page.rows[at]
      if (!row || open || (e.target as HTMLElement).closest('a, button')) return
      void go({ to: '/$plural/$id', params: { plural, id: row.id } })
    },
  })
  useEffect(() => {
    if (!moved.current || at < 0) return
    moved.current = false
    document.querySelector(`[data-row="${at}"]`)?.scrollIntoView({ block: 'nearest' })
  }, [at])
  return { at, setAt }
}
