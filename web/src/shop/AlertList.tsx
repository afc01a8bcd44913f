import { Button } from '../parts/Button'
import * as calls from '../api/calls'
import { useCan } from '../api/person'
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
          {alerts.map(a => <li key={a.id}><div className="grow"><div className={a.done ? 't3' : 'b5'}>{a.text}</div><div className="f12 t3">{sayMoment(a.at)}</div></div>{a.done ? <span className="f12 t3">{t('web.alerts.seen')}</span> : closes && <Button size="small" loading={done.isPending && done.variables === a.id} onClick={() => done.mutate(a.id)}>{t('web.alerts.tick')}</Button>}</li>)}
        </ul>
      )}
    </Read>
  )
}
