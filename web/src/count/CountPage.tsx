import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import * as calls from '../api/calls'
import { useCan, useMe, useObject } from '../api/person'
import { faultOf } from '../api/queries'
import type { CountAsk, CountCell, Counts, Field } from '../api/types'
import { FilterBar } from '../list/FilterBar'
import { stateOf } from '../list/state'
import { Fault } from '../parts/Fault'
import { Wait } from '../parts/Wait'
import { regionShort, useRegions } from '../region/names'
import { Forbidden } from '../shell/Lost'
import { Page } from '../shell/Page'
import { figures, t } from '../words'
import '../list/list.css'
import './count.css'

/** CountPage answers how many, never who: no names, rounded, small groups hidden. */
export default function CountPage() {
  const may = useCan('count')
  if (!may) return <Forbidden title={t('web.nav.count')} />
  return <Counting />
}

const groupable = (f: Field) => (f.kind === 'choice' || f.kind === 'region' || (f.kind === 'ref' && f.ref === 'member')) && f.filter

function Counting() {
  const me = useMe()
  const object = useObject('customers')
  const fields = object.fields.filter(groupable)
  const [group, setGroup] = useState(fields.find(f => f.name === 'stage')?.name ?? fields[0]?.name ?? '')
  const where = stateOf('customers').use().where
  const ask: CountAsk = { ...(where.length > 0 ? { where } : {}), ...(group ? { group } : {}) }
  const q = useQuery({ queryKey: ['count', ask], queryFn: () => calls.count(ask) })
  return (
    <Page title={t('web.nav.count')}>
      <div className="count">
        <p className="t2 f13">{t(me.position === 'analyst' ? 'web.count.note' : 'web.count.note_plain')}</p>
        <FilterBar object={object} noSearch />
        <div className="row wrap"><label className="label" htmlFor="group">{t('web.count.group')}</label>
          <select id="group" className="kx-input" value={group} onChange={e => setGroup(e.target.value)}><option value="">{t('web.count.no_group')}</option>{fields.map(f => <option key={f.name} value={f.name}>{f.label}</option>)}</select></div>
        {faultOf(q) ? <Fault error={q.error} retry={() => void q.refetch()} /> : q.data ? <Result c={q.data} region={fields.find(f => f.name === group)?.kind === 'region'} /> : <Wait rows={6} />}
      </div>
    </Page>
  )
}

function Result({ c, region }: { c: Counts; region: boolean }) {
  const regions = useRegions()
  const label = (x: CountCell) => (region && x.key ? (regions ? regionShort(regions, x.key) : '') : x.label) || t('web.filter.empty')
  const most = Math.max(1, ...c.cells.map(x => x.n))
  return (
    <div role="status" aria-live="polite">
      <p className="result-total"><span className="kpi">{c.rounded && c.total === 0 ? t('web.count.few') : figures(c.total)}</span> <span className="t2">{t('web.count.total')}</span></p>
      {c.cells.length > 0 && (
        <table className="bars"><caption className="sr">{t('web.nav.count')}</caption>
          <tbody>{c.cells.map(x => <tr key={x.key}><th scope="row">{label(x)}</th><td className="r">{figures(x.n)}</td><td aria-hidden><i style={{ width: `${(x.n / most) * 100}%` }} /></td></tr>)}</tbody>
        </table>
      )}
      {c.rounded && <p className="f12 t3">{t('web.count.rounded')}</p>}
    </div>
  )
}
