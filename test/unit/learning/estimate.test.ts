/** Estimates from past outcomes: null until there are enough, then as sure as the past was. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Estimator, type MeasuredOutcome, reliability } from '../../../src/core/learning/estimate.ts';

/** The same numbers each time [Park and Miller 1988], 0 to 1. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const outcome = (
  run: number,
  pattern: string,
  ratio: number,
  speedup: number,
  model: string | null = null,
): MeasuredOutcome => ({
  run: String(run),
  patterns: model === null ? [pattern] : [],
  model,
  cost: { before: 1000 * ratio, after: 1000 },
  speedup,
});

/** Rule `right` gains what its price promises, rule `wrong` nothing; both within a factor of the noise. */
function history(runs: number, seed = 7, noise = 0.3): MeasuredOutcome[] {
  const next = random(seed);
  return Array.from({ length: runs }, (_, run) => {
    const ratio = Math.exp(next() * 3);
    const error = Math.exp((next() + next() + next() - 1.5) * noise * 2);
    return run % 2 === 0
      ? outcome(run, 'right', ratio, ratio * error)
      : outcome(run, 'wrong', ratio, 0.95 * error);
  });
}

const asked = (pattern: string, ratio: number, model: string | null = null) => ({
  patterns: model === null ? [pattern] : [],
  model,
  cost: { before: 1000 * ratio, after: 1000 },
});

describe('an estimate', () => {
  test('is not made without enough outcomes, runs, outcomes of the rule, or a price', () => {
    assert.equal(new Estimator(history(29)).estimate(asked('right', 5)), null);
    assert.ok(new Estimator(history(30)).estimate(asked('right', 5)));
    const fewRuns = history(60).map((each, index) => ({ ...each, run: String(index % 11) }));
    assert.equal(new Estimator(fewRuns).estimate(asked('right', 5)), null);
    const estimator = new Estimator([...history(60), ...[1, 2, 3].map((n) => outcome(n, 'new', 5, 5))]);
    assert.equal(estimator.estimate(asked('new', 5)), null);
    assert.equal(estimator.estimate({ ...asked('right', 5), cost: { before: 0, after: 0 } }), null);
  });

  test('follows the price of a rule whose prices came true, and not of one whose prices did not', () => {
    const estimator = new Estimator(history(200));
    const right = estimator.estimate(asked('right', 8));
    const wrong = estimator.estimate(asked('wrong', 8));
    assert.ok(right && wrong);
    assert.ok(right.improvementPct > 60 && right.confidence > 0.9, JSON.stringify(right));
    assert.ok(wrong.improvementPct < right.improvementPct - 20, JSON.stringify(wrong));
    assert.ok(wrong.confidence < right.confidence - 0.1, JSON.stringify(wrong));
    for (const { low, improvementPct, high } of [right, wrong]) {
      assert.ok(low < improvementPct && improvementPct < high && high <= 100);
    }
  });

  test('of a model rests on that model’s outcomes', () => {
    const next = random(3);
    const models = Array.from({ length: 60 }, (_, run) =>
      run % 2 === 0
        ? outcome(run, '', 4, 4 * (0.9 + 0.2 * next()), 'ollama/good')
        : outcome(run, '', 4, 0.5 * (0.9 + 0.2 * next()), 'ollama/bad'),
    );
    const estimator = new Estimator(models);
    const good = estimator.estimate(asked('', 4, 'ollama/good'));
    const bad = estimator.estimate(asked('', 4, 'ollama/bad'));
    assert.ok(good && bad);
    assert.ok(good.confidence > 0.9 && bad.confidence < 0.1, JSON.stringify([good, bad]));
    assert.equal(estimator.estimate(asked('', 4, 'ollama/unknown')), null);
  });

  test('is never certain', () => {
    const sure = Array.from({ length: 40 }, (_, run) => outcome(run, 'right', 10, 10));
    const { confidence } = new Estimator(sure).estimate(asked('right', 10)) ?? { confidence: 1 };
    assert.ok(confidence > 0.95 && confidence < 1, String(confidence));
  });
});

describe('reliability', () => {
  test('what is called likely happens about as often as it is said', () => {
    const { bins, brier, withinInterval } = reliability(history(300, 11, 0.8));
    assert.ok(bins.length >= 2, JSON.stringify(bins));
    for (const { predicted, observed, estimates } of bins) {
      // three standard errors of a share, and a little for the bins' width
      const tolerance = 3 * Math.sqrt((predicted * (1 - predicted)) / estimates) + 0.15;
      assert.ok(Math.abs(predicted - observed) < tolerance, JSON.stringify(bins));
    }
    assert.ok(brier !== null && brier < 0.2, String(brier));
    assert.ok(withinInterval !== null && Math.abs(withinInterval - 0.8) < 0.1, String(withinInterval));
  });

  test('without enough history has nothing to show', () => {
    assert.deepEqual(reliability(history(20)), { bins: [], brier: null, withinInterval: null });
  });
});
