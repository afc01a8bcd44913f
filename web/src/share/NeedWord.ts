import { labelOf, useObject } from '../api/person'
import type { Choice } from '../api/types'

/** useNeeds are the goods and works of the catalogue, with their words. */
export const useNeeds = (): Choice[] => useObject('customers').fields.find(f => f.name === 'need')?.choices ?? []

/** useNeedWord is the word for one. */
export function useNeedWord(): (code: string) => string {
  const needs = useNeeds()
  return code => labelOf(needs, code)
}
