import { RightOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import * as calls from '../api/calls'
import type { Me, Today } from '../api/types'
import { Head } from '../parts/Section'
import { placesOf } from '../shell/nav'
import { t, tn } from '../words'
import { sayAgo } from '../words/time'

/** Protect is what who looks after data has to do: alerts, refused lists that he may open again, and whether backup and log stand. */
export function Protect({ me, day }: { me: Me; day: Today }) {
  const log = useQuery({ queryKey: ['ledger-head'], queryFn: () => calls.ledger() }).data
  const reopen = useQuery({ queryKey: ['batches'], queryFn: calls.batches }).data?.batches.filter(b => b.mayReopen).length ?? 0
  const n = day.alerts.length, { at, state } = me.backup
  const saved = at ? sayAgo(at) + (state === 'ok' ? '' : ` ${t(`web.backup.state_${state}`)}`) : t('web.backup.none')
  return (
    <section aria-labelledby="protect" className="today-part">
      <Head id="protect" title={t('web.today.protect')} />
      <ul className="side-list-rows office-rest protect">
        <Row to="/shop/alerts" waits={n > 0} says={n > 0 ? tn('web.today.protect_alerts', n) : t('web.today.protect_no_alerts')} />
        {reopen > 0 && <Row to="/import" waits says={tn('web.today.protect_refused', reopen)} />}
        <Row to={placesOf(me, 'protect').some(p => p.to === '/shop/backups') ? '/shop/backups' : ''} waits={state !== 'ok'} says={t('web.backup.last')}>{saved}</Row>
        {log && <Row to="/shop/ledger" waits={log.grade === 'none' || log.stopped} says={t('web.ledger.witness')}>{log.stopped ? t('web.today.protect_stopped') : t(`web.ledger.grade_${log.grade}`, { n: log.witnesses })}</Row>}
      </ul>
    </section>
  )
}

/** Row is one of them; without a place to go to it only says so. */
function Row({ to, says, waits, children }: { to: string; says: string; waits?: boolean; children?: ReactNode }) {
  const what = <><span className={waits && !children ? 'wa b5 grow' : 'grow'}>{says}</span>{children && <span className={waits ? 'wa b5' : 't2'}>{children}</span>}</>
  return <li>{to ? <Link to={to}>{what}<RightOutlined className="t3" aria-hidden /></Link> : what}</li>
}
