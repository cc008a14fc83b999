import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  addDecimals,
  addMonths,
  compareDecimals,
  type DateUnit,
  divideDecimals,
  formatDate,
  formatDecimal,
  formatTimestamp,
  isWhole,
  multiplyDecimals,
  parseDate,
  parseDecimal,
  parseTimestamp,
  reduced,
  startOfNextUnit,
  startOfUnit,
  subtractDecimals,
} from '../../../src/core/sql/properties/constants.ts';

function decimal(text: string) {
  const value = parseDecimal(text);
  assert.ok(value, text);
  return value;
}

function date(text: string): number {
  const value = parseDate(text);
  assert.ok(value !== null, text);
  return value;
}

describe('decimals', () => {
  test('are exact where floating point is not', () => {
    assert.equal(formatDecimal(addDecimals(decimal('0.1'), decimal('0.2'))), '0.3');
    assert.equal(formatDecimal(multiplyDecimals(decimal('1.10'), decimal('-3'))), '-3.30');
    assert.equal(formatDecimal(subtractDecimals(decimal('1'), decimal('0.01'))), '0.99');
    assert.equal(compareDecimals(decimal('9007199254740993'), decimal('9007199254740992')), 1);
    assert.equal(compareDecimals(decimal('1.50'), decimal('1.5')), 0);
    assert.equal(compareDecimals(decimal('-.5'), decimal('0')), -1);
  });

  test('are divided only where the quotient is exact', () => {
    const quotient = (a: string, b: string) => {
      const value = divideDecimals(decimal(a), decimal(b));
      return value && formatDecimal(value);
    };
    assert.equal(quotient('100', '8'), '12.5');
    assert.equal(quotient('1', '3'), null);
    assert.equal(quotient('1', '0'), null);
    assert.equal(quotient('-7.5', '2.5'), '-3');
  });

  test('are read and written as numerals', () => {
    assert.equal(parseDecimal('1e3'), null);
    assert.equal(parseDecimal('abc'), null);
    assert.equal(parseDecimal('.'), null);
    assert.equal(formatDecimal(decimal('-0.05')), '-0.05');
    assert.equal(formatDecimal(reduced(decimal('5.000'))), '5');
    assert.equal(isWhole(decimal('5.00')), true);
    assert.equal(isWhole(decimal('5.01')), false);
  });
});

describe('dates', () => {
  test('that do not exist are refused', () => {
    for (const text of [
      '2023-02-29',
      '2024-13-01',
      '2024-00-10',
      '24-01-01',
      '2024-1-1',
      '01/02/2024',
      '2024-01-01 10:00',
    ]) {
      assert.equal(parseDate(text), null, text);
    }
    assert.equal(formatDate(date('2024-02-29')), '2024-02-29');
    assert.equal(formatDate(date('0001-01-01')), '0001-01-01');
    assert.equal(date('1970-01-01'), 0);
  });

  test('a month later are cut to the length of the month', () => {
    assert.equal(formatDate(addMonths(date('2024-01-31'), 1)), '2024-02-29');
    assert.equal(formatDate(addMonths(date('2024-01-31'), -2)), '2023-11-30');
    assert.equal(formatDate(addMonths(date('2023-12-15'), 1)), '2024-01-15');
  });

  const units: readonly (readonly [text: string, unit: DateUnit, start: string, next: string])[] = [
    ['2024-02-29', 'day', '2024-02-29', '2024-03-01'],
    ['2024-02-29', 'week', '2024-02-26', '2024-03-04'],
    ['2024-03-03', 'week', '2024-02-26', '2024-03-04'],
    ['1969-12-31', 'week', '1969-12-29', '1970-01-05'],
    ['2024-12-31', 'month', '2024-12-01', '2025-01-01'],
    ['2024-12-31', 'quarter', '2024-10-01', '2025-01-01'],
    ['2024-12-31', 'year', '2024-01-01', '2025-01-01'],
  ];
  for (const [text, unit, start, next] of units) {
    test(`${text} lies in the ${unit} from ${start} to before ${next}`, () => {
      assert.equal(formatDate(startOfUnit(date(text), unit)), start);
      assert.equal(formatDate(startOfNextUnit(date(text), unit)), next);
    });
  }
});

describe('timestamps', () => {
  test('are read to the microsecond and written without what is zero', () => {
    const round = (text: string) => {
      const value = parseTimestamp(text);
      return value === null ? null : formatTimestamp(value);
    };
    assert.equal(round('2024-02-29'), '2024-02-29');
    assert.equal(round('2024-02-29T12:30'), '2024-02-29 12:30:00');
    assert.equal(round('2024-02-29 23:59:59.999999'), '2024-02-29 23:59:59.999999');
    assert.equal(round('1969-12-31 23:59:59.5'), '1969-12-31 23:59:59.5');
    assert.equal(round('2024-02-29 24:00'), null);
    assert.equal(round('2024-02-30 10:00'), null);
    assert.equal(round('2024-02-29 10:00+02'), null);
    assert.equal(round('2024-02-29 10:00:00.1234567'), null);
  });
});
