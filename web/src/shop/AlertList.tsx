import { Link } from '@tanstack/react-router'
import { Button } from '../parts/Button'
import * as calls from '../api/calls'
import { useCan } from '../api/person'
import type { Alert } from '../api/types'
import { Nothing } from '../parts/Fault'
import { t } from '../words'
import { sayMoment } from '../words/time'
import { Read, useAct } from './ask'

/** AlertsPlace is what the protection officer should look at. */
export function AlertsPlace() {
  const closes = useCan('reopen'), done = useAct('alerts', calls.alertDone, t('web.alerts.done'))
  return (
    <Read of="alerts" read={calls.alerts}>
      {({ alerts }) => alerts.length === 0 ? <Nothing title={t('web.alerts.none')}>{t('web.alerts.none_text')}</Nothing> : (
        <ul className="people">
          {alerts.map(a => <li key={a.id}><div className="grow"><div className={a.done ? 't3' : 'b5'}>{a.text}</div><About a={a} /><div className="f12 t3">{sayMoment(a.at)}{!a.done && a.due > 0 && <> · <span className={a.late ? 'no' : undefined}>{t(a.late ? 'web.alerts.late_since' : 'web.alerts.due', { at: sayMoment(a.due) })}</span></>}</div></div>{a.done ? <span className="f12 t3">{t('web.alerts.seen')}</span> : closes && <Button size="small" loading={done.isPending && done.variables === a.id} onClick={() => done.mutate(a.id)}>{t('web.alerts.tick')}</Button>}</li>)}
        </ul>
      )}
    </Read>
  )
}

/** About leads to the customers whom an alert is about. */
function About({ a }: { a: Alert }) {
  if (a.customers.length === 0) return null
  return <div className="row wrap f13">{t('web.alerts.about')}{a.customers.map(c => <Link key={c.id} className="b5" to="/$plural/$id" params={{ plural: 'customers', id: c.id }}>{c.name || t('web.record.no_name')}</Link>)}</div>
}
