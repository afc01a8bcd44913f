import { useState } from 'react'
import type { ObjectDef, Rec } from '../api/types'
import { FollowForm } from '../follow/FollowForm'
import { useCan } from '../api/person'
import { ArrivedPart } from '../share/ArrivedPart'
import { t } from '../words'
import { ConsentPanel } from './ConsentTable'
import { ContactBar } from './ContactBar'
import { CustomerHeader } from './CustomerHeader'
import { nameOf } from './facts'
import { FactsSections } from './FactsSection'
import { Related, RELATED } from './Related'
import { SourceSection } from './SourceSection'
import { TimelineList } from './TimelineList'

const TABS = ['time', 'facts', 'related', 'consent'] as const
type Tab = (typeof TABS)[number]

/** CustomerBody is a customer in one column: who, may I contact, then four tabs. */
export function CustomerBody({ rec, object }: { rec: Rec; object: ObjectDef }) {
  const [tab, setTab] = useState<Tab>('time')
  return (
    <>
      <CustomerHeader rec={rec} object={object} />
      <ContactBar contact={rec.contact} told={rec.can.includes('contact') ? rec.id : undefined} />
      <Arrived rec={rec} />
      <div className="tabs" role="tablist" aria-label={t('web.record.tabs')} onKeyDown={e => arrow(e, tab, setTab)}>
        {TABS.map(x => <button key={x} type="button" role="tab" id={`tab-${x}`} aria-selected={x === tab} aria-controls="tab-panel" tabIndex={x === tab ? 0 : -1} onClick={() => setTab(x)}>{t(`web.record.tab_${x}`)}</button>)}
      </div>
      <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={-1}>
        {tab === 'time' && <Activity rec={rec} />}
        {tab === 'facts' && <CustomerFacts rec={rec} object={object} />}
        {tab === 'related' && RELATED.map(p => <Related key={p} rec={rec} plural={p} />)}
        {tab === 'consent' && <ConsentPanel id={rec.id} />}
      </div>
    </>
  )
}

/** Arrived is how a customer came whom another shop recommended. */
export function Arrived({ rec }: { rec: Rec }) {
  const takes = useCan('reopen') // the word of who comes back to a shop that she stopped
  return rec.source.way === 'referral' && (takes || rec.can.includes('contact')) ? <ArrivedPart customer={rec.id} /> : null
}

function arrow(e: React.KeyboardEvent, tab: Tab, setTab: (t: Tab) => void) {
  const by = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? -1 : 0
  if (!by) return
  const next = TABS[(TABS.indexOf(tab) + by + TABS.length) % TABS.length] ?? 'time'
  setTab(next)
  requestAnimationFrame(() => document.getElementById(`tab-${next}`)?.focus())
}

/** Activity is the entry that is always open, above what happened. */
export function Activity({ rec }: { rec: Rec }) {
  return (
    <>
      {rec.can.includes('edit') && <div className="composer"><FollowForm follow={{ customer: rec.id, name: nameOf(rec) }} /></div>}
      <TimelineList id={rec.id} />
    </>
  )
}

/** CustomerFacts are the fields and where they come from. */
export function CustomerFacts({ rec, object }: { rec: Rec; object: ObjectDef }) {
  return <><FactsSections rec={rec} object={object} /><SourceSection rec={rec} /></>
}
