import { DownOutlined, UpOutlined } from '@ant-design/icons'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useObject } from '../api/person'
import { faultOf, useRecord } from '../api/queries'
import type { ObjectDef, Rec } from '../api/types'
import { shownOf } from '../list/state'
import { Fault } from '../parts/Fault'
import { holdsText, useKeys } from '../parts/keyboard'
import { useNarrow } from '../parts/screen'
import { Wait } from '../parts/Wait'
import { Page } from '../shell/Page'
import { t } from '../words'
import { ConsentPanel } from './ConsentTable'
import { ContactBar } from './ContactBar'
import { Activity, Arrived, CustomerBody, CustomerFacts } from './CustomerBody'
import { CustomerHeader } from './CustomerHeader'
import { Related, RELATED } from './Related'
import { SubSheet } from './SubSheet'
import './record.css'

/** FullPage is a customer on the whole screen: facts, what happened, consent and records. */
export default function FullPage() {
  const { id } = useParams({ from: '/customers/$id/full' })
  const object = useObject('customers')
  const q = useRecord('customers', id)
  const narrow = useNarrow()
  return (
    <Page title={t('web.record.title')} back={narrow ? `/customers/${id}` : undefined} crumb={!narrow && <span className="crumb"><Link to="/$plural" params={{ plural: 'customers' }}>{t('web.nav.customers')}</Link><i>/</i></span>} sub={<Steps id={id} />} bare={!narrow}>
      {faultOf(q) ? <Fault error={q.error} retry={() => void q.refetch()} /> : !q.data ? <Wait rows={10} /> : narrow ? <CustomerBody key={id} rec={q.data} object={object} /> : <Columns key={id} rec={q.data} object={object} />}
      <SubSheet />
    </Page>
  )
}

function Steps({ id }: { id: string }) {
  const ids = shownOf('customers').use().ids
  const go = useNavigate()
  const at = ids.indexOf(id)
  const to = (by: number) => { const next = ids[at + by]; if (at >= 0 && next) void go({ to: '/customers/$id/full', params: { id: next } }) }
  useKeys({ j: () => to(1), k: () => to(-1), Escape: e => { if (!holdsText(e.target)) void go({ to: '/$plural/$id', params: { plural: 'customers', id } }) } })
  if (at < 0) return null
  return (
    <span className="row gap4">
      <button type="button" className="icon-btn" disabled={at === 0} aria-label={t('web.record.previous')} onClick={() => to(-1)}><UpOutlined aria-hidden /></button>
      <button type="button" className="icon-btn" disabled={at === ids.length - 1} aria-label={t('web.record.next')} onClick={() => to(1)}><DownOutlined aria-hidden /></button>
      <span className="f13 t3">{at + 1} / {ids.length}</span>
    </span>
  )
}

function Columns({ rec, object }: { rec: Rec; object: ObjectDef }) {
  return (
    <div className="full">
      <div className="full-head"><CustomerHeader rec={rec} object={object} wide /><ContactBar contact={rec.contact} told={rec.can.includes('contact') ? rec.id : undefined} /><Arrived rec={rec} /></div>
      <div className="full-cols">
        <div className="full-col" tabIndex={0} role="region" aria-label={t('web.record.tab_facts')}><CustomerFacts rec={rec} object={object} /></div>
        <div className="full-col" tabIndex={0} role="region" aria-label={t('web.record.tab_time')}><Activity rec={rec} /></div>
        <div className="full-col" tabIndex={0} role="region" aria-label={t('web.record.tab_consent')}><ConsentPanel id={rec.id} />{RELATED.map(p => <Related key={p} rec={rec} plural={p} />)}</div>
      </div>
    </div>
  )
}
