import { AimOutlined, DownOutlined } from '@ant-design/icons'
import { purpose } from '../api/client'
import { isShop, useMe } from '../api/person'
import { queries } from '../api/queries'
import { forget } from '../cell/reveals'
import { Pop } from '../parts/Pop'
import { named, t } from '../words'

/** PurposePill shows what the person works for; a small shop's purpose follows from the act, so it is not shown there. */
export function PurposePill() {
  const me = useMe()
  const chosen = purpose.use() || me.purpose
  if (!chosen || (isShop(me) && me.position !== 'pio' && me.position !== 'analyst')) return null
  const label = <><AimOutlined aria-hidden /><span className="purpose-word">{t('web.purpose.label')}</span> <b>{named('purpose', chosen)}</b></>
  if (me.purposes.length < 2) return <span className="purpose">{label}</span>
  const choose = (p: string) => {
    purpose.set(p)
    forget()
    void queries.invalidateQueries()
  }
  return (
    <Pop label={t('web.purpose.change')} place="bottomRight" button={o => <button type="button" className="purpose" {...o}>{label}<DownOutlined aria-hidden /></button>}>
      {close => (
        <div className="menu">
          {me.purposes.map(p => <button key={p} type="button" aria-pressed={p === chosen} onClick={() => { choose(p); close() }}>{named('purpose', p)}</button>)}
          <p className="f12 t3">{t('web.purpose.note')}</p>
        </div>
      )}
    </Pop>
  )
}
