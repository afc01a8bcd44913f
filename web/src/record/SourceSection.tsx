import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { labelOf, useObject } from '../api/person'
import type { ID, Rec } from '../api/types'
import { Facts, Head } from '../parts/Section'
import { has, named, t } from '../words'
import { plainDay, sayMoment } from '../words/time'

const word = (prefix: string, code: string) => {
  const key = `${prefix}${code}`
  return has(key) ? t(key) : code
}

/** ToBatch leads to the import that something came by, for who may look at it. */
const ToBatch = ({ batch }: { batch?: ID }) => (batch ? <Link className="nw" to="/import/$batch" params={{ batch }}>{t('web.source.batch_open')}</Link> : null)

/** SourceSection says where a record comes from and, of a customer, on what ground it is kept and until when. */
export function SourceSection({ rec }: { rec: Rec }) {
  const source = rec.source
  const ways = useObject('customers').fields.find(f => f.name === 'source')?.choices
  const made = [source.way ? source.on && plainDay(source.on) : sayMoment(rec.created), source.by && t('web.source.by', { name: source.by })].filter(Boolean).join(' ')
  const items: [string, string, ReactNode][] = [['source', t('web.source.source'), <>{source.way ? labelOf(ways, source.way) : source.label}<small>{made}</small></>]]
  if (source.evidence) items.push(['evidence', t('web.source.evidence'), word('web.source.evidence_', source.evidence)])
  if (source.basis) {
    items.push(['basis', t('web.source.basis'), named('purpose', source.basis) === source.basis ? word('web.source.basis_', source.basis) : named('purpose', source.basis)])
    items.push(['kept', t('web.source.kept'), source.keptTo ? source.keptTo : t('web.source.kept_open')])
  }
  if (source.source !== 'manual' && (source.way || source.batch)) items.push(['batch', t('web.source.batch'), <>{source.way && source.label} <ToBatch batch={source.batch} /></>])
  const later = source.origins.filter((o, i) => i > 0 || o.batch && o.batch !== source.batch)
  if (later.length > 0) items.push(['origins', t('web.source.origins'), <ul className="origins" key="o">{later.map((o, i) => <li key={i}>{o.on && plainDay(o.on)} {o.way ? labelOf(ways, o.way) : word('web.source.evidence_', o.evidence)} <ToBatch batch={o.batch} /></li>)}</ul>])
  return <section className="facts" aria-label={t('web.source.title')}><Head title={t('web.source.title')} /><Facts items={items} /></section>
}
