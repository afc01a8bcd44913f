import { CheckOutlined } from '@ant-design/icons'
import { t } from '../words'

const STEPS = ['source', 'columns', 'result'] as const
export type Step = (typeof STEPS)[number]

/** Steps say where in the import one is; steps that are done may be gone back to. */
export function Steps({ at, onGo }: { at: Step; onGo?: (s: Step) => void }) {
  const here = STEPS.indexOf(at)
  return (
    <ol className="steps" aria-label={t('web.import.steps')}>
      {STEPS.map((s, i) => {
        const mark = <span className="step-n" aria-hidden>{i < here ? <CheckOutlined /> : i + 1}</span>
        const word = <>{mark}<span className="step-word">{t(`web.import.step_${s}`)}</span></>
        return <li key={s} className={i === here ? 'on' : i < here ? 'past' : undefined} aria-current={i === here ? 'step' : undefined}>{onGo && i !== here && i > 0 ? <button type="button" onClick={() => onGo(s)}>{word}</button> : word}</li>
      })}
    </ol>
  )
}
