import { CheckCircleFilled, WarningFilled } from '@ant-design/icons'
import { Button } from '../parts/Button'
import * as calls from '../api/calls'
import { t, tn } from '../words'
import { sayAgo, sayFull } from '../words/time'
import { Read, useAct } from './ask'

/** BackupsPlace is how old the newest backup is, and one more now. */
export default function BackupsPlace() {
  const now = useAct('backups', () => calls.backUp(), t('web.backup.made'))
  return (
    <Read of="backups" read={calls.backups}>
      {b => (
        <>
          <div className="verdict">
            {b.state === 'ok' ? <CheckCircleFilled className="okc" aria-hidden /> : <WarningFilled className="wa" aria-hidden />}
            <div className="grow"><b className="f16">{b.at ? t('web.backup.newest', { ago: sayAgo(b.at) }) : t('web.backup.none')}</b><div className="f13 t2">{[b.at ? sayFull(b.at) : '', b.kept > 0 ? tn('web.backup.kept', b.kept) : '', b.state === 'ok' ? '' : t(`web.backup.state_${b.state}`)].filter(Boolean).join(' · ')}</div></div>
            <Button type="primary" loading={now.isPending} onClick={() => now.mutate(undefined)}>{t('web.backup.now')}</Button>
          </div>
          <p className="pad f13 t2 narrow-text">{t('web.backup.note')}</p>
        </>
      )}
    </Read>
  )
}
