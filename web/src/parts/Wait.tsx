import { useEffect, useState } from 'react'
import { t } from '../words'

/** useLate is true once something took longer than a moment. */
export function useLate(ms = 200) {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), ms)
    return () => clearTimeout(timer)
  }, [ms])
  return late
}

/** Wait shows grey rows where something is being read, after 200 ms and not before. */
export function Wait({ rows = 5, tall }: { rows?: number; tall?: boolean }) {
  const late = useLate()
  return (
    <div role="status" aria-busy className={late ? 'wait' : 'wait early'}>
      <span className="sr">{late ? t('web.wait') : ''}</span>
      {Array.from({ length: rows }, (_, i) => <div key={i} className={tall ? 'wait-row tall' : 'wait-row'}><i style={{ width: `${[62, 48, 70, 40, 56][i % 5]}%` }} /></div>)}
    </div>
  )
}
