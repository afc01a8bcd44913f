import { CheckCircleFilled, WarningFilled } from '@ant-design/icons'
import { Button } from '../parts/Button'
import * as calls from '../api/calls'
import { Meter } from '../parts/Section'
import { figures, t, tn } from '../words'
import { sayAgo, sayFull } from '../words/time'
import { Read, useAct } from './ask'

/** BackupsPlace is how old the newest backup is, and one more now. */
export function BackupsPlace() {
  const now = useAct('backups', () => calls.backUp(), t('web.backup.made'))
  return (
    <Read of="backups" read={calls.backups} every={b => (b.running ? 1500 : false)}>
      {b => (
        <>
          <div className="verdict">
            {b.state === 'ok' ? <CheckCircleFilled className="okc" aria-hidden /> : <WarningFilled className="wa" aria-hidden />}
            <div className="grow"><b className="f16">{b.at ? t('web.backup.newest', { ago: sayAgo(b.at) }) : t('web.backup.none')}</b><div className="f13 t2">{[b.at ? sayFull(b.at) : '', b.kept > 0 ? tn('web.backup.kept', b.kept) : '', b.state === 'ok' ? '' : t(`web.backup.state_${b.state}`)].filter(Boolean).join(' · ')}</div></div>
            <Button type="primary" loading={now.isPending || !!b.running} onClick={() => now.mutate(undefined)}>{t('web.backup.now')}</Button>
          </div>
          {b.running && <div className="pad col gap12" role="status"><span className="f13">{t('web.backup.running', { done: figures(b.done ?? 0), total: figures(b.total ?? 0) })}</span><Meter tall part={b.done ?? 0} whole={Math.max(1, b.total ?? 0)} label={t('web.backup.now')} /></div>}
          {b.error && <p className="note-box wa notice-missing" role="alert">{b.error}</p>}
          <p className="pad f13 t2 narrow-text">{b.keyring ? `${t('web.backup.keyring', { ago: sayAgo(b.keyring) })} ` : ''}{t('web.backup.note')}</p>
        </>
      )}
    </Read>
  )
}
