import Table from 'cli-table3';

/**
 * Runs benches by name, those that the command line names or all of them, and prints their rows as one table.
 *
 * @param {Record<string, () => Promise<string[][]>>} benches
 */
export async function runBenches(benches) {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !Object.hasOwn(benches, name));
  if (unknown.length > 0)
    throw new Error(`No bench ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}.`);
  const table = new Table({
    head: ['what', 'reference', 'ours', 'reference', 'ratio (min–max of pairs)'],
    style: { head: [], border: [] },
  });
  for (const [name, bench] of Object.entries(benches)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    process.stderr.write(`${name} …\n`);
    table.push(...(await bench()));
  }
  console.log(table.toString());
}
