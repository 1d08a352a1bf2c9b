// thread: host

/** Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`, or more than `most`. */
function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? most + 1;
}

/** The name that `wanted` was most likely meant to be, or `undefined` when none is close. */
export function nearest(wanted: string, names: Iterable<string>): string | undefined {
  const lower = wanted.toLowerCase();
  // In a name of one or two letters every edit makes another word; only a different case can be meant.
  const most = lower.length < 3 ? 0 : Math.floor(lower.length / 3);
  let best: string | undefined;
  let fewest = most + 1;
  for (const name of names) {
    if (name === wanted) continue;
    const distance = editDistance(lower, name.toLowerCase(), most);
    if (distance < fewest) {
      best = name;
      fewest = distance;
    }
  }
  return best;
}
