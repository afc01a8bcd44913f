import type { Field, ObjectDef } from '../api/types'

const TITLES: Record<string, string> = { customers: 'name', contacts: 'name', orders: 'no', deals: 'customer', visits: 'customer', tasks: 'title', 'order-lines': 'item' }

/** titleField is the field by which people know a record. */
export const titleField = (o: ObjectDef): Field | undefined => o.fields.find(f => f.name === TITLES[o.plural]) ?? o.fields[0]
