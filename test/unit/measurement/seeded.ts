/** A seeded source of chance for simulations: the same seed gives the same series on every machine. */
export interface Chance {
  /** uniform in [0, 1) */
  uniform(): number;
  /** standard normal, by Box and Muller */
  normal(): number;
}

export function seeded(seed: number): Chance {
  // mulberry32
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}
