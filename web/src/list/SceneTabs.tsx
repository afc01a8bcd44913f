import { useMe } from '../api/person'
import type { Plural, Scene } from '../api/types'
import { t } from '../words'
import { stateOf, turn } from './state'

/** SceneTabs are the places to look in: 我的, 本部门, 全部. */
export function SceneTabs({ plural, scene }: { plural: Plural; scene?: Scene }) {
  const me = useMe()
  const chosen = stateOf(plural).use().scene ?? scene
  // who belongs to no department and may see everything has no use for the two between
  const scenes = me.dept || !me.scenes.includes('all') ? me.scenes : me.scenes.filter(s => s !== 'dept' && s !== 'subtree')
  if (scenes.length < 2) return null
  const sceneName = (s: Scene) => (s === 'dept' && me.dept ? me.dept : t(`web.scene.${s}`))
  return (
    <div className="tabs" role="group" aria-label={t('web.scene.label')}>
      {scenes.map(s => <button key={s} type="button" aria-pressed={s === chosen} onClick={() => turn(plural, { scene: s })}>{sceneName(s)}</button>)}
    </div>
  )
}
