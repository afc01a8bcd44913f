import type { ReactNode } from 'react'
import type { ReviewItem } from '../api/types'
import { t } from '../words'
import { Sides } from './Sides'

/** OneRow is a row of a list beside whom it may be about, and what may be answered. */
export function OneRow({ item, ask, row, there, title, note, children }: { item: ReviewItem; ask: string; row: string; there: string; title: string; note: string; children: ReactNode }) {
  return (
    <div className="imp-form">
      <div className="imp-body">
        <div className="review-head"><h2>{ask}</h2><span className="t3 f13">{t('web.review.score', { n: item.score })}</span></div>
        <ul className="review-why">{item.why.map(w => <li key={w.code}>{w.text}</li>)}</ul>
        <Sides item={item} row={row} there={there} title={title} />
        <p className="f12 t3">{note}</p>
      </div>
      <div className="imp-foot review-foot">{children}</div>
    </div>
  )
}
