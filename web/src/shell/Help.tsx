import { store } from '../api/store'
import { Sheet } from '../parts/Sheet'
import { t, type Key } from '../words'

export const help = store(false)

const keys: [string[], Key][] = [
  [['Ctrl', 'K'], 'web.help.palette'], [['/'], 'web.help.search'], [['N'], 'web.help.create'], [['J', '↓'], 'web.help.next'], [['K', '↑'], 'web.help.previous'],
  [['Enter'], 'web.help.open'], [['E'], 'web.help.edit'], [['F'], 'web.help.follow'], [['Esc'], 'web.help.close'], [['?'], 'web.help.help'],
]

/** Help lists the keys. */
export function Help() {
  const open = help.use()
  return (
    <Sheet open={open} onClose={() => help.set(false)} title={t('web.help.title')} width={400}>
      <dl className="keys">
        {keys.map(([combo, what]) => <div key={what}><dt>{combo.map(k => <kbd key={k}>{k}</kbd>)}</dt><dd>{t(what)}</dd></div>)}
      </dl>
    </Sheet>
  )
}
