import { Button } from '../parts/Button'
import { useState } from 'react'
import * as calls from '../api/calls'
import { useCan } from '../api/person'
import { Chip } from '../parts/Section'
import { t } from '../words'
import { sayAgo, sayMoment } from '../words/time'
import { Read, useAct } from './ask'

/** DevicesPlace are the browsers that are signed in; any may be signed out. */
export function DevicesPlace() {
  const admin = useCan('admin')
  const [all, setAll] = useState(false)
  const revoke = useAct(all ? 'devices-all' : 'devices', calls.revokeDevice, t('web.devices.revoked'))
  return (
    <>
      <div className="place-acts"><p className="t2 f13 grow">{t('web.devices.note')}</p>{admin && <label className="row f13"><input type="checkbox" checked={all} onChange={e => setAll(e.target.checked)} />{t('web.devices.all')}</label>}</div>
      <Read key={String(all)} of={all ? 'devices-all' : 'devices'} read={() => calls.devices(all)}>
        {({ devices }) => (
          <ul className="people">
            {devices.map(d => (
              <li key={d.id}>
                <div className="grow"><div className="b5 row wrap">{d.label}{d.current && <Chip tone="sel">{t('web.devices.this')}</Chip>}</div>
                  <div className="f12 t3">{[all ? d.member : '', t('web.devices.since', { at: sayMoment(d.created) }), t('web.devices.seen', { ago: sayAgo(d.seen) }), d.trusted ? t('web.devices.trusted', { at: sayMoment(d.trusted) }) : ''].filter(Boolean).join(' · ')}</div></div>
                {!d.current && <Button size="small" loading={revoke.isPending && revoke.variables === d.id} onClick={() => revoke.mutate(d.id)}>{t('web.devices.revoke')}</Button>}
              </li>
            ))}
          </ul>
        )}
      </Read>
    </>
  )
}
