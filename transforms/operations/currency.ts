import { ValueFault } from '../fault.ts';
import { defineOperation } from '../operation.ts';
import { schemaLike } from '../schemas.ts';

/** Signs that mean one currency alone. `$`, `¥` and `kr` mean several. */
const SIGNS: Readonly<Record<string, string>> = { '€': 'EUR', '£': 'GBP', '₹': 'INR', '₽': 'RUB', '₩': 'KRW', '₪': 'ILS', '₫': 'VND', '₴': 'UAH', '₺': 'TRY', '฿': 'THB', 'US$': 'USD', 'zł': 'PLN' }; // prettier-ignore

export default defineOperation({
  name: 'currency',
  group: 'codes',
  summary: 'Checks a currency code of ISO 4217 and writes it in capitals; signs that mean one currency alone become its code.',
  parameters: {},
  examples: [
    { step: 'currency', input: ' eur', output: 'EUR' },
    { step: 'currency', input: '£', output: 'GBP' },
    { step: 'currency', input: '$' },
  ],
  prepare: (_, field) => {
    const known = new Set(Intl.supportedValuesOf('currency'));
    return {
      schema: schemaLike(field.schema, 'string'),
      apply: (value) => {
        const text = typeof value === 'string' ? value.trim() : '';
        const code = Object.hasOwn(SIGNS, text) ? SIGNS[text]! : text.toUpperCase();
        if (!known.has(code)) throw new ValueFault('currency', 'the value is no currency');
        return code;
      },
    };
  },
});
