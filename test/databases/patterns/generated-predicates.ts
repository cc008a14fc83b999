/** Predicates over the table `facts` at all boundaries: what a rule gets wrong, it gets wrong there. */

export interface GeneratedPredicate {
  readonly pattern: string;
  readonly predicate: string;
}

const OPERATORS = ['=', '<', '<=', '>', '>='];

const MOMENTS = [
  '2023-12-31',
  '2024-01-01',
  '2024-01-08',
  '2024-02-29',
  '2024-03-01',
  '2024-04-01',
  '2025-01-01',
  '2024-01-01 10:00:00',
  '2024-03-31 02:30:00',
  '2024-01-01 00:00:00.000001',
];

const UNITS = ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'];

export function* generatedPredicates(): Generator<GeneratedPredicate> {
  yield* truncations();
  yield* castsAndYears();
  yield* intervals();
  yield* arithmetic();
  yield* texts();
  yield* constants();
  yield* roundabout();
}

function* truncations(): Generator<GeneratedPredicate> {
  for (const column of ['ts', 'd', 'tz']) {
    for (const unit of UNITS) {
      for (const operator of OPERATORS) {
        for (const moment of MOMENTS) {
          yield {
            pattern: 'date-trunc-on-column',
            predicate: `date_trunc('${unit}', ${column}) ${operator} '${moment}'`,
          };
        }
      }
    }
  }
}

function* castsAndYears(): Generator<GeneratedPredicate> {
  for (const operator of OPERATORS) {
    for (const moment of MOMENTS) {
      for (const column of ['ts', 'tz']) {
        yield { pattern: 'cast-to-date-on-column', predicate: `${column}::date ${operator} '${moment}'` };
        yield {
          pattern: 'cast-to-date-on-column',
          predicate: `TIMESTAMP '${moment}' ${operator} date(${column})`,
        };
      }
    }
    for (const year of ['2023', '2024', '2025', '0044']) {
      for (const column of ['ts', 'd', 'tz']) {
        yield {
          pattern: 'extract-year-on-column',
          predicate: `EXTRACT(YEAR FROM ${column}) ${operator} ${year}`,
        };
      }
    }
  }
}

function* intervals(): Generator<GeneratedPredicate> {
  for (const operator of OPERATORS) {
    for (const moment of MOMENTS) {
      for (const interval of ['6 hours', '1 day', '2 weeks -3 hours', '90 minutes 1 second']) {
        yield {
          pattern: 'interval-on-column',
          predicate: `ts + interval '${interval}' ${operator} '${moment}'`,
        };
        yield {
          pattern: 'interval-on-column',
          predicate: `d - interval '${interval}' ${operator} '${moment}'`,
        };
        yield {
          pattern: 'interval-on-column',
          predicate: `tz + interval '${interval}' ${operator} '${moment}+00'`,
        };
        yield {
          pattern: 'interval-on-column',
          predicate: `isfinite(ts) AND TIMESTAMP '${moment}' - ts ${operator} interval '${interval}'`,
        };
      }
      yield { pattern: 'interval-on-column', predicate: `d + 31 ${operator} DATE '${moment.slice(0, 10)}'` };
    }
  }
}

function* arithmetic(): Generator<GeneratedPredicate> {
  const terms = [
    'n * 7',
    '3 * n',
    'n + 12',
    '5 - n',
    'small * 4',
    'amount * 100',
    'amount + 0.5',
    'anything - 2',
    'anything * 2',
  ];
  for (const term of terms) {
    for (const operator of OPERATORS) {
      for (const value of ['0', '-1', '21', '10', '-10', '2.5', '450', '-100']) {
        yield { pattern: 'arithmetic-on-column', predicate: `${term} ${operator} ${value}` };
      }
    }
    yield { pattern: 'arithmetic-on-column', predicate: `${term} BETWEEN -8 AND 50` };
  }
}

function* texts(): Generator<GeneratedPredicate> {
  for (const text of ['a', 'ab', 'abc', 'abcd', 'a%c', 'a_c', 'a\\c', 'äb', 'ABC', 'z']) {
    for (const length of [1, 2, 3, 4, 9]) {
      yield { pattern: 'prefix-function-on-column', predicate: `left(code, ${length}) = '${text}'` };
      yield { pattern: 'prefix-function-on-column', predicate: `substr(code, 1, ${length}) = '${text}'` };
    }
    yield { pattern: 'prefix-function-on-column', predicate: `strpos(code, '${text}') = 1` };
    yield { pattern: 'like-without-wildcard', predicate: `code LIKE '${text}'` };
    yield { pattern: 'like-without-wildcard', predicate: `code NOT LIKE '${text}'` };
  }
}

function* constants(): Generator<GeneratedPredicate> {
  for (const operator of [...OPERATORS, '<>']) {
    for (const fallback of ['0', '-5', '7']) {
      for (const value of ['0', '-5', '3', '7']) {
        yield { pattern: 'coalesce-on-column', predicate: `COALESCE(n, ${fallback}) ${operator} ${value}` };
        yield {
          pattern: 'coalesce-on-column',
          predicate: `${value}.5 ${operator} COALESCE(amount, ${fallback})`,
        };
      }
    }
    yield { pattern: 'coalesce-on-column', predicate: `COALESCE(code, '') ${operator} ''` };
    yield {
      pattern: 'coalesce-on-column',
      predicate: `COALESCE(d, DATE '2024-01-01') ${operator} '2024-01-01'`,
    };
    yield {
      pattern: 'keyset-or-to-row-comparison',
      predicate: `n ${operator} 5 OR (n = 5 AND small ${operator} 3)`,
    };
    yield {
      pattern: 'keyset-or-to-row-comparison',
      predicate: `n < 5 OR (n = 5 AND small > 3) OR (n = 5 AND small = 3 AND id ${operator} 400)`,
    };
  }
  for (const value of ['77', '-5', '0', '007', '+3', '1e1', '77.0', '77.5']) {
    yield { pattern: 'cast-on-column', predicate: `id::text = '${value}'` };
    yield { pattern: 'cast-on-column', predicate: `CAST(n AS text) IN ('${value}', '3')` };
    yield { pattern: 'cast-on-column', predicate: `n = ${value === '1e1' ? '10.0' : value}` };
  }
  for (const value of ["'abc'", "''", "'a_c1'"]) {
    yield { pattern: 'not-distinct-from-constant', predicate: `code IS NOT DISTINCT FROM ${value}` };
    yield { pattern: 'or-chain-to-in', predicate: `code = 'ab' OR code = ${value} OR code IN ('abcd')` };
  }
}

/** Conditions on one column that are written another way round. */
function* roundabout(): Generator<GeneratedPredicate> {
  for (const operator of OPERATORS) {
    for (const seconds of ['1704067200', '1704067199', '1709208000', '1711848600']) {
      for (const column of ['ts', 'd', 'tz', 'made_at']) {
        yield {
          pattern: 'epoch-on-column',
          predicate: `EXTRACT(EPOCH FROM ${column}) ${operator} ${seconds}`,
        };
      }
    }
    for (const whole of ['0', '3', '-2', '-7', '41']) {
      for (const column of ['amount', 'anything', 'price']) {
        yield { pattern: 'floor-on-column', predicate: `floor(${column}) ${operator} ${whole}` };
        yield { pattern: 'floor-on-column', predicate: `ceil(${column}) ${operator} ${whole}` };
      }
    }
    for (const moment of MOMENTS) {
      yield {
        pattern: 'at-time-zone-on-column',
        predicate: `tz AT TIME ZONE 'UTC' ${operator} '${moment}'`,
      };
      yield {
        pattern: 'at-time-zone-on-column',
        predicate: `(tz AT TIME ZONE 'utc')::date ${operator} '${moment.slice(0, 10)}'`,
      };
      yield { pattern: 'negated-comparison', predicate: `NOT (ts ${operator} '${moment}')` };
    }
    for (const value of ['2.5', '0', "'NaN'", '-7']) {
      yield { pattern: 'negated-comparison', predicate: `NOT (anything ${operator} ${value})` };
      yield { pattern: 'negated-comparison', predicate: `NOT (price ${operator} ${value})` };
    }
    for (const other of OPERATORS) {
      for (const value of ['4', '5', '6']) {
        yield { pattern: 'implied-conjunct', predicate: `n ${operator} 5 AND n ${other} ${value}` };
        yield {
          pattern: 'ranges-under-or',
          predicate: `(n >= 1 AND n ${operator} ${value}) OR (n ${other} 5 AND n <= 9)`,
        };
        yield {
          pattern: 'ranges-under-or',
          predicate: `(amount >= 1 AND amount ${operator} ${value}) OR (amount ${other} 5 AND amount <= 9)`,
        };
      }
    }
  }
  for (const pattern of ['^(abc|ab)$', '^abc$', '^a', '^abc', '^(a)$', '^ab|abc$']) {
    yield { pattern: 'regular-expression-to-list', predicate: `code ~ '${pattern}'` };
  }
}
