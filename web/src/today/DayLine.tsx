import { Link } from '@tanstack/react-router'
import type { Today } from '../api/types'
import { figures, t } from '../words'
import { yuan } from '../words/money'

/** DayLine says the day in a few numbers. */
export function DayLine({ day, follows }: { day: Today; follows: boolean }) {
  const team = day.team.reduce((s, m) => ({ due: s.due + m.due, late: s.late + m.overdue }), { due: 0, late: 0 })
  const open = day.deals.reduce((s, d) => ({ n: s.n + d.n, sum: s.sum + d.sum }), { n: 0, sum: 0 })
  return (
    <p className="day-line">
      {follows && <span><b>{figures(day.due.length)}</b> {t('web.today.n_due')}{day.overdue > 0 && <span className="no b5"> {t('web.today.n_overdue', { n: day.overdue })}</span>}</span>}
      {team.due > 0 && day.customers === 0 && <span><b>{figures(team.due)}</b> {t('web.today.n_team')}{team.late > 0 && <span className="no b5"> {t('web.today.n_overdue', { n: team.late })}</span>}</span>}
      {day.soon.length > 0 && <span><b>{figures(day.soon.length)}</b> {t('web.today.n_soon')}</span>}
      {open.n > 0 && <span><b>{figures(open.n)}</b> {t('web.today.n_deals')} <span className="t2">{yuan(open.sum)}</span></span>}
      {day.customers > 0 && <Link to="/$plural" params={{ plural: 'customers' }}><b>{figures(day.customers)}</b> {t('web.today.n_customers')}</Link>}
      {day.review > 0 && <Link to="/import"><b>{figures(day.review)}</b> {t('web.today.n_review')}</Link>}
    </p>
  )
}
