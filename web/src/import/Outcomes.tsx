import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Batch, Outcome } from '../api/types'
import { figures, t } from '../words'
import { RowsLink } from './RowsPage'
import { COLOURS, countOf, outcomeName, outcomeNote, outcomesOf } from './counts'

/** Outcomes is the bar of what becomes of the rows, with its numbers; they add up to the rows read. */
export function Outcomes({ b, links }: { b: Batch; links?: Partial<Record<Outcome, ReactNode>> }) {
  const told = outcomesOf(b).filter(o => !b.coarse || b.counts.some(c => c.outcome === o))
  const shown = told.filter(o => countOf(b, o) > 0)
  return (
    <>
      <div className="seg" aria-hidden>{b.coarse && <i style={{ flex: b.taken, background: COLOURS.new }} />}{shown.map(o => <i key={o} style={{ flex: Math.max(countOf(b, o), b.rows * 0.015), background: COLOURS[o] }} />)}</div>
      <ul className="outcomes" aria-label={t('web.import.outcomes')}>
        {b.coarse && <li><i style={{ background: COLOURS.new }} aria-hidden /><div className="grow"><span className="b5">{t('web.import.taken')}</span><span className="f12 t3">{t('web.import.out_taken')}</span></div><b className="b6 outcome-n">{figures(b.taken)}</b></li>}
        {told.map(o => (
          <li key={o} className={countOf(b, o) === 0 ? 'none' : undefined}>
            <i style={{ background: COLOURS[o] }} aria-hidden />
            <div className="grow"><span className="b5">{outcomeName(b, o)}</span><span className="f12 t3">{outcomeNote(b, o)}{o === 'aside' && b.purgeOn && countOf(b, o) > 0 && t('web.import.purge', { day: b.purgeOn })}</span></div>
            {countOf(b, o) > 0 && links?.[o] && <span className="outcome-act">{links[o]}</span>}
            <b className="b6 outcome-n">{figures(countOf(b, o))}</b>
          </li>
        ))}
        <li className="sum"><span className="grow t2">{t('web.import.sum')}</span><b className="b6 outcome-n">{figures(b.rows)}</b></li>
      </ul>
      {b.kept > 0 && <p className="f13 t2">{t('web.import.kept', { n: figures(b.kept) })}</p>}
      {b.kept > 0 && (b.state === 'done' || b.state === 'cancelled') && <p className="rows-link"><RowsLink b={b} outcome="kept" /></p>}
      {b.outside > 0 && <p className="f13 t2">{t('web.import.outside', { n: figures(b.outside) })}</p>}
    </>
  )
}

export const ReviewLink = ({ b }: { b: Batch }) => <Link className="f13" to="/import/$batch/review" params={{ batch: b.id }}>{t('web.import.go_review')}</Link>
