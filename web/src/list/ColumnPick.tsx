import { SettingOutlined } from '@ant-design/icons'
import type { ObjectDef } from '../api/types'
import { Pop } from '../parts/Pop'
import { t } from '../words'
import { columnsOf, defaultColumns, setColumns } from './state'

/** ColumnPick chooses the columns of a list; the choice is remembered on this machine. */
export function ColumnPick({ object }: { object: ObjectDef }) {
  const chosen = columnsOf(object).use()
  const key = object.fields[0]?.name
  const may = object.fields.filter(f => !(f.own === 'none' && f.other === 'none'))
  const turn = (name: string) => {
    const next = chosen.includes(name) ? chosen.filter(n => n !== name) : may.map(f => f.name).filter(n => n === name || chosen.includes(n))
    setColumns(object, next)
  }
  return (
    <Pop label={t('web.columns.label')} place="bottomRight" button={o => <button type="button" className="icon-btn" aria-label={t('web.columns.label')} title={t('web.columns.label')} {...o}><SettingOutlined aria-hidden /></button>}>
      {() => (
        <fieldset className="columns">
          <legend>{t('web.columns.label')}</legend>
          {may.map(f => <label key={f.name}><input type="checkbox" checked={chosen.includes(f.name)} disabled={f.name === key} onChange={() => turn(f.name)} />{f.label}</label>)}
          <button type="button" className="linky" onClick={() => setColumns(object, defaultColumns(object))}>{t('web.columns.reset')}</button>
        </fieldset>
      )}
    </Pop>
  )
}
