// What takes long and comes out the same.

/** A function that computes each value once; `name` tells arguments apart. */
export function once(compute, name = (argument) => argument) {
  const known = new Map();
  return (...given) => {
    const key = name(...given);
    if (!known.has(key)) known.set(key, compute(...given));
    return known.get(key);
  };
}
