import { AimOutlined, DownOutlined } from '@ant-design/icons'
import { purpose } from '../api/client'
import { isMall, isShop, useMe } from '../api/person'
import { queries } from '../api/queries'
import { forget } from '../cell/reveals'
import { Pop } from '../parts/Pop'
import { named, t } from '../words'

/** PurposePill shows what the person works for; where the purpose follows from the act, in a small shop and in an office, it is not shown. */
export function PurposePill() {
  const me = useMe()
  const chosen = purpose.use() || me.purpose
  if (!chosen || ((isShop(me) || isMall(me)) && me.position !== 'pio' && me.position !== 'analyst')) return null
  const label = <><AimOutlined aria-hidden /><span>{t('web.purpose.label')}</span> <b>{named('purpose', chosen)}</b></>
  if (me.purposes.length < 2) return <div className="purpose-at"><span className="purpose">{label}</span></div>
  const choose = (p: string) => {
    purpose.set(p)
    forget()
    void queries.invalidateQueries()
  }
  return (
    <div className="purpose-at"><Pop label={t('web.purpose.change')} place="bottomRight" button={o => <button type="button" className="purpose" {...o}>{label}<DownOutlined aria-hidden /></button>}>
      {close => (
        <div className="menu">
          {me.purposes.map(p => <button key={p} type="button" aria-pressed={p === chosen} onClick={() => { choose(p); close() }}>{named('purpose', p)}</button>)}
          <p className="f12 t3">{t('web.purpose.note')}</p>
        </div>
      )}
    </Pop></div>
  )
}
