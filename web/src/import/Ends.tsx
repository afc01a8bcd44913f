import { CheckCircleFilled, StopOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { useEffect, type ReactNode } from 'react'
import { afterMe, queries } from '../api/queries'
import { useCan } from '../api/person'
import type { Batch, Outcome } from '../api/types'
import { Nothing } from '../parts/Fault'
import { figures, t, tn } from '../words'
import { countOf, importable, pluralOf } from './counts'
import { Outcomes, ReviewLink } from './Outcomes'
import { Refusals } from './ResultStep'
import { RefusedFile } from './RefusedFile'
import { ReopenPart } from './Reopen'
import { RowsLink } from './RowsPage'

/** linksOf leads to what is left to do with rows; one file holds the refused and those set aside. */
function linksOf(b: Batch): Partial<Record<Outcome, ReactNode>> {
  const file = (b.mayFetch || b.fetched) && <RefusedFile b={b} />
  return { review: <ReviewLink b={b} />, refused: file, aside: countOf(b, 'refused') === 0 ? file : undefined }
}

/** DoneStep says what came in, what waits for a person and what stayed out. */
export function DoneStep({ b }: { b: Batch }) {
  useEffect(() => { void queries.invalidateQueries({ queryKey: ['list'] }); void queries.invalidateQueries({ queryKey: ['today'] }); afterMe() }, [b.id])
  const waiting = countOf(b, 'review')
  return (
    <div className="imp-form">
      <div className="imp-body">
        <h2 className="imp-title"><CheckCircleFilled className="okc" aria-hidden /> {tn('web.import.done', importable(b), { n: figures(importable(b)) })}</h2>
        <div className="result">
          <section><Outcomes b={b} links={linksOf(b)} /><p className="rows-link"><RowsLink b={b} /></p></section>
          <div className="result-side">{b.refusals.length > 0 && <Refusals b={b} file />}</div>
        </div>
      </div>
      <div className="imp-foot">
        <span className="grow" />
        {waiting > 0 && <Link className="ant-like" to="/import/$batch/review" params={{ batch: b.id }}>{tn('web.import.review_n', waiting)}</Link>}
        <Link className="ant-like primary" to="/$plural" params={{ plural: pluralOf(b.object) }}>{t('web.import.see_list', { what: t(`web.nav.${pluralOf(b.object)}`) })}</Link>
      </div>
    </div>
  )
}

/** RefusedStep is a file that is refused as a whole: why, what happened to it, the lawful ways. */
export function RefusedStep({ b }: { b: Batch }) {
  const imports = useCan('import')
  return (
    <div className="imp-body">
      <div className="imp-refused" role="alert">
        <h2><StopOutlined aria-hidden /> {t('web.import.refused_title')}</h2>
        <p>{b.error?.text}</p>
        {b.lawful && b.lawful.length > 0 && <><h3>{t('web.import.instead')}</h3><ul>{b.lawful.map(w => <li key={w.code}>{w.text}</li>)}</ul></>}
        <ReopenPart b={b} />
        {imports && <Link to="/import">{t('web.import.other_file')}</Link>}
      </div>
    </div>
  )
}

export const FailedStep = ({ b }: { b: Batch }) => (
  <Nothing title={t('web.import.failed_title')} action={<Link className="b6" to="/import">{t('web.import.other_file')}</Link>}>{b.error?.text ?? t('web.fault.internal')}{b.done > 0 && ` ${tn('web.import.failed_kept', b.done)}`}</Nothing>
)

/** SeenStep is an import to those who watch over it and do not import themselves. */
export function SeenStep({ b }: { b: Batch }) {
  if (b.state === 'refused') return <RefusedStep b={b} />
  if (b.state === 'failed') return <FailedStep b={b} />
  if (b.rows === 0) return <Nothing title={t(`web.import.state_${b.state}`)}>{t('web.import.seen_none', { name: b.by })}</Nothing>
  return <div className="imp-body imp-file"><p className="t2">{t('web.import.seen', { name: b.by })}</p><section><Outcomes b={b} /><p className="rows-link"><RowsLink b={b} /></p></section></div>
}

/** CancelledStep is an import that was stopped; what was stored before is told and can be judged. */
export function CancelledStep({ b }: { b: Batch }) {
  const again = <Link className="b6" to="/import">{t('web.import.fresh')}</Link>
  if (b.done === 0) return <Nothing title={t('web.import.cancelled_title')} action={again}>{t('web.import.cancelled_text')}</Nothing>
  return (
    <div className="imp-body">
      <h2 className="imp-title">{t('web.import.cancelled_title')}</h2>
      <p className="t2">{tn('web.import.stored_before', b.done)} {t('web.import.cancelled_text')}</p>
      <div className="result"><section><Outcomes b={b} links={linksOf(b)} /><p className="rows-link"><RowsLink b={b} /></p></section><div className="result-side">{b.refusals.length > 0 && <Refusals b={b} file />}</div></div>
      <p>{again}</p>
    </div>
  )
}
