import type { Field, ObjectDef, Page, Row } from '../api/types'
import { CellView } from '../cell/CellView'
import { NameLink } from '../cell/NameLink'
import { useMe } from '../api/person'
import { isEmpty, plain, readCell } from '../cell/read'
import { Chip } from '../parts/Section'
import { TaskDone } from '../record/TaskDone'
import type { Listed } from '../router'
import { titleField } from './title'

/** Cards are the rows on a phone: name first, then what tells people apart, at least four to a screen. */
export function Cards({ object, page }: { object: ObjectDef; page: Page }) {
  return <ul className="cards">{page.rows.map(r => <li key={r.id} className="card">{object.plural === 'customers' ? <CustomerCard object={object} page={page} row={r} /> : <PlainCard object={object} page={page} row={r} />}</li>)}</ul>
}

interface CardProps { object: ObjectDef; page: Page; row: Row }

/** useCell gives a cell by its field's name, nothing where it is empty. */
function cellsOf({ object, page, row }: CardProps) {
  const field = (name: string): Field | undefined => (page.fields.includes(name) ? object.fields.find(f => f.name === name) : undefined)
  const filled = (name: string) => {
    const f = field(name)
    if (!f) return false
    const seen = readCell(row.cells[name], page.reasons, f, row.mine)
    return seen.level !== 'clear' || !(isEmpty(seen.value) || (seen.value === 0 && f.computed))
  }
  const view = (name: string, even = false) => {
    const f = field(name)
    return f && (even || filled(name)) ? <CellView plural={object.plural} row={row} field={f} reasons={page.reasons} names={page.names} /> : null
  }
  const link = (className: string) => {
    const f = titleField(object)
    return f && <NameLink className={className} plural={object.plural as Listed} id={row.id} field={f} seen={readCell(row.cells[f.name], page.reasons, f, row.mine)} names={page.names} />
  }
  return { view, filled, link }
}

function CustomerCard(props: CardProps) {
  const { view, filled, link } = cellsOf(props)
  return (
    <>
      <div className="row card-top">
        {link('name card-link')}
        <span className="t3 f13 el grow">{view('region')}</span>
        {filled('stage') && <Chip>{view('stage')}</Chip>}
      </div>
      <div className="row card-mid"><span className="grow above">{view('phone', true)}</span><b className="b6">{view('sum')}</b></div>
      {(filled('need') || filled('next_at')) && <div className="row card-foot"><span className="el grow t2">{view('need')}</span><span className="t2 nw">{view('next_at')}</span></div>}
    </>
  )
}

function PlainCard(props: CardProps) {
  const { view, filled, link } = cellsOf(props)
  const title = titleField(props.object)
  const alone = useMe().scenes.length < 2
  const rest = props.page.fields.filter(n => n !== title?.name && filled(n) && !(alone && n === 'owner'))
  return (
    <>
      <div className="row card-top">{props.object.plural === 'tasks' && <span className="above"><TaskDone row={props.row} title={plain(props.row.cells.title, props.page.reasons)} /></span>}{link('name card-link')}</div>
      <dl className="card-facts">
        {rest.map(n => <div key={n}><dt>{props.object.fields.find(f => f.name === n)?.label}</dt><dd className="above">{view(n)}</dd></div>)}
      </dl>
    </>
  )
}
