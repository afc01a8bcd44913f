import { Link } from '@tanstack/react-router'
import type { Provenance } from '../api/types'
import { Facts, Head } from '../parts/Section'
import { has, named, t } from '../words'
import { plainDay } from '../words/time'

const word = (prefix: string, code: string) => {
  const key = `${prefix}${code}`
  return has(key) ? t(key) : code
}

/** SourceSection says where the record comes from, on what ground it is kept and until when. */
export function SourceSection({ source, wayLabel }: { source: Provenance; wayLabel: (code: string) => string }) {
  const items: [string, string, React.ReactNode][] = [
    ['source', t('web.source.source'), <>{source.way ? wayLabel(source.way) : word('web.source.kind_', source.source)}<small>{[source.on && plainDay(source.on), source.by && t('web.source.by', { name: source.by })].filter(Boolean).join(' ')}</small></>],
    ['evidence', t('web.source.evidence'), word('web.source.evidence_', source.evidence)],
    ['basis', t('web.source.basis'), named('purpose', source.basis) === source.basis ? word('web.source.basis_', source.basis) : named('purpose', source.basis)],
    ['kept', t('web.source.kept'), source.keptTo ? source.keptTo : t('web.source.kept_open')],
  ]
  if (source.batch) items.push(['batch', t('web.source.batch'), <Link key="b" to="/import/$batch" params={{ batch: source.batch }}>{t('web.source.batch_open')}</Link>])
  return <section className="facts" aria-label={t('web.source.title')}><Head title={t('web.source.title')} /><Facts items={items} /></section>
}
