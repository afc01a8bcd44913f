import { ArrowDownOutlined, ArrowUpOutlined, CloseOutlined, DownOutlined, FilterOutlined, PlusOutlined } from '@ant-design/icons'
import { Button } from '../parts/Button'
import { useState } from 'react'
import { useMe } from '../api/person'
import type { Field, ObjectDef } from '../api/types'
import { Pop } from '../parts/Pop'
import { Sheet } from '../parts/Sheet'
import { useNarrow } from '../parts/screen'
import { t } from '../words'
import { ColumnPick } from './ColumnPick'
import { FilterEdit } from './FilterEdit'
import { useSayConds } from './sayConds'
import { SearchBox } from './SearchBox'
import { condsOf, order, setConds, startsLate, stateOf, turn, usual } from './state'

/** Lists whose text can be searched: names and numbers of people have keyed indexes, notes have none. */
const SEARCHED = ['customers', 'contacts', 'orders']

const FIRST = ['need', 'stage', 'status', 'way', 'source', 'owner', 'next_at', 'due_at', 'ordered_on', 'close_on', 'at']

/** useFilters are the fields this person may filter by, the usual ones first. */
function useFilters(o: ObjectDef): { first: Field[]; more: Field[] } {
  const scenes = useMe().scenes
  const mine = (stateOf(o.plural).use().scene ?? scenes[0]) === 'mine'
  const may = o.fields.filter(f => f.filter && !(f.name === 'owner' && mine))
  const first = FIRST.map(n => may.find(f => f.name === n)).filter(f => f !== undefined).slice(0, 5)
  return { first, more: may.filter(f => !first.includes(f)) }
}

/** FilterBar holds search, conditions, order and columns; on a phone the conditions are in a sheet. */
export function FilterBar({ object, noSearch }: { object: ObjectDef; noSearch?: boolean }) {
  const narrow = useNarrow()
  return (
    <div className="filters">
      {!noSearch && SEARCHED.includes(object.plural) && <SearchBox plural={object.plural} />}
      {narrow ? <FilterSheet object={object} labelled={noSearch || !SEARCHED.includes(object.plural)} /> : <><Chips object={object} />{!noSearch && <><span className="grow" /><SortPick object={object} /><ColumnPick object={object} /></>}</>}
    </div>
  )
}

function Chips({ object }: { object: ObjectDef }) {
  const { first, more } = useFilters(object)
  const s = stateOf(object.plural).use()
  const active = more.filter(f => condsOf(s, f.name).length > 0)
  const rest = more.filter(f => !active.includes(f))
  return (
    <>
      {[...first, ...active].map(f => <FilterChip key={f.name} object={object} field={f} />)}
      {rest.length > 0 && (
        <Pop label={t('web.filter.more')} button={o => <button type="button" className="fchip quiet" {...o}><PlusOutlined aria-hidden />{t('web.filter.label')}</button>}>
          {() => <MoreFilters object={object} fields={rest} />}
        </Pop>
      )}
      {s.where.length > 0 && <button type="button" className="linky f13" onClick={() => turn(object.plural, { where: [] })}>{t('web.filter.clear')}</button>}
    </>
  )
}

function MoreFilters({ object, fields }: { object: ObjectDef; fields: Field[] }) {
  const [field, setField] = useState<Field>()
  if (field) return <FilterEdit object={object} field={field} />
  return <div className="menu">{fields.map(f => <button key={f.name} type="button" onClick={() => setField(f)}>{f.label}</button>)}</div>
}

/** sayChip is a field with its condition; what is not done needs no field's name. */
const sayChip = (f: Field, said: string) => (said === t('web.task.open') ? said : `${f.label} ${said}`)

function FilterChip({ object, field }: { object: ObjectDef; field: Field }) {
  const conds = condsOf(stateOf(object.plural).use(), field.name)
  const say = useSayConds()
  const on = conds.length > 0
  return (
    <span className={on ? 'fchip-pair on' : 'fchip-pair'}>
      <Pop label={t('web.filter.by', { field: field.label })} button={o => <button type="button" className={on ? 'fchip on' : 'fchip'} {...o}>{on ? sayChip(field, say(field, conds)) : field.label}{!on && <DownOutlined aria-hidden />}</button>}>
        {close => <FilterEdit object={object} field={field} close={close} />}
      </Pop>
      {on && <button type="button" className="fchip-x" aria-label={t('web.filter.drop', { field: field.label })} onClick={() => setConds(object.plural, field.name, [])}><CloseOutlined aria-hidden /></button>}
    </span>
  )
}

function SortPick({ object }: { object: ObjectDef }) {
  const s = stateOf(object.plural).use()
  const fields = object.fields.filter(f => f.sort)
  const plain = usual(object.plural).sort === ''
  if (fields.length === 0) return null
  return (
    <span className="sort">
      <select className="kx-select" aria-label={t('web.sort.label')} value={s.sort} onChange={e => order(object.plural, e.target.value, e.target.value === '' || startsLate(e.target.value))}>
        {plain && <option value="">{t('web.sort.newest')}</option>}
        {fields.map(f => <option key={f.name} value={f.name}>{t('web.sort.by', { field: f.label })}</option>)}
      </select>
      {s.sort && (
        <button type="button" className="icon-btn sm" aria-label={t(s.desc ? 'web.sort.down' : 'web.sort.up')} title={t(s.desc ? 'web.sort.down' : 'web.sort.up')} onClick={() => order(object.plural, s.sort, !s.desc)}>
          {s.desc ? <ArrowDownOutlined aria-hidden /> : <ArrowUpOutlined aria-hidden />}
        </button>
      )}
    </span>
  )
}

function FilterSheet({ object, labelled }: { object: ObjectDef; labelled: boolean }) {
  const [open, setOpen] = useState(false)
  const { first, more } = useFilters(object)
  const s = stateOf(object.plural).use()
  const n = new Set(s.where.map(c => c.field)).size
  return (
    <>
      {labelled
        ? <Button size="large" icon={<FilterOutlined />} onClick={() => setOpen(true)}>{n > 0 ? t('web.filter.active', { n }) : t('web.filter.label')}</Button>
        : <button type="button" className={n > 0 ? 'icon-btn lit' : 'icon-btn'} aria-label={n > 0 ? t('web.filter.active', { n }) : t('web.filter.label')} onClick={() => setOpen(true)}><FilterOutlined aria-hidden />{n > 0 && <em aria-hidden>{n}</em>}</button>}
      <Sheet open={open} onClose={() => setOpen(false)} title={t('web.filter.label')} footer={<><Button size="large" onClick={() => turn(object.plural, { where: [] })}>{t('web.filter.clear')}</Button><Button size="large" type="primary" onClick={() => setOpen(false)}>{t('web.filter.show')}</Button></>}>
        <div className="filter-sheet">
          <div className="field"><span className="label">{t('web.sort.label')}</span><SortPick object={object} /></div>
          {[...first, ...more].map(f => <FilterEdit key={f.name} object={object} field={f} plain />)}
        </div>
      </Sheet>
    </>
  )
}
