import { CheckCircleFilled, WarningFilled } from '@ant-design/icons'
import { Button } from '../parts/Button'
import * as calls from '../api/calls'
import type { Keys } from '../api/types'
import { Chip, Head, Meter } from '../parts/Section'
import { figures, has, t, tn } from '../words'
import { sayAgo } from '../words/time'
import { Read, useAct } from './ask'

const word = (prefix: string, code: string) => { const k = `${prefix}${code}`; return has(k) ? t(k) : code }

/** KeysPlace is the state of the keyring: can it be opened, how old, how many rows; rotate it. */
export function KeysPlace() {
  return <Read of="keys" read={calls.keys} every={k => (k.rotating ? 1500 : false)}>{k => <Body k={k} />}</Read>
}

function Body({ k }: { k: Keys }) {
  const rotate = useAct('keys', () => calls.rotateKeys(), t('web.keys.started'))
  return (
    <>
      <div className="verdict">
        {k.ok ? <CheckCircleFilled className="okc" aria-hidden /> : <WarningFilled className="no" aria-hidden />}
        <div className="grow"><b className="f16">{t(k.ok ? 'web.keys.ok' : 'web.keys.broken')}</b><div className="f13 t2"><span title={k.keeper}>{t('web.keys.keeper')}</span> · {k.backup ? t('web.keys.backup', { ago: sayAgo(k.backup) }) : t('web.keys.no_backup')}</div></div>
        <Button loading={rotate.isPending} disabled={k.rotating || !k.ok} onClick={() => rotate.mutate(undefined)}>{t('web.keys.rotate')}</Button>
      </div>
      {k.rotating && <div className="pad col gap12" role="status"><span className="f13">{t('web.keys.rotating', { done: figures(k.done), total: figures(k.total) })}</span><Meter tall part={k.done} whole={Math.max(1, k.total)} label={t('web.keys.rotate')} /></div>}
      <section>
        <Head title={t('web.shop.keys')} count={k.keys.length} />
        <div className="ledger-scroll">
          <table className="ledger">
            <caption className="sr">{t('web.shop.keys')}</caption>
            <thead><tr><th scope="col">{t('web.keys.use')}</th><th scope="col" className="r">{t('web.keys.version')}</th><th scope="col">{t('web.keys.state')}</th><th scope="col" className="r">{t('web.keys.rows')}</th><th scope="col" className="r">{t('web.keys.age')}</th></tr></thead>
            <tbody>{k.keys.map(x => <tr key={`${x.use}${x.version}`}><th scope="row">{word('web.keys.use_', x.use)}</th><td className="r">{x.version}</td><td><Chip tone={x.state === 'active' ? 'ok' : ''}>{word('web.keys.state_', x.state)}</Chip></td><td className="r">{x.rows < 0 ? '—' : figures(x.rows)}</td><td className="r nw">{tn('web.keys.days', x.age)}</td></tr>)}</tbody>
          </table>
        </div>
        <p className="pad f12 t3 keys-note">{t('web.keys.note')}</p>
      </section>
    </>
  )
}
