// npm run bench:size: what this package adds to the disk of an empty project with Jest, and which packages that is.
import Table from 'cli-table3';
import { addedSize } from './added-size.mjs';

const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const shown = 6;

const { before, after, packages } = await addedSize();
const table = new Table({
  head: ['what', 'on disk', 'in files', 'files'],
  style: { head: [], border: [] },
});
const row = (what, { disk, content, files }) => table.push([what, mb(disk), mb(content), String(files)]);
const minus = (a, b) => Object.fromEntries(Object.keys(a).map((key) => [key, a[key] - b[key]]));
row('Jest alone', before);
row('with this package', after);
row(`added, in ${packages.length} packages`, minus(after, before));
packages.sort((a, b) => b.disk - a.disk);
for (const { name, ...size } of packages.slice(0, shown)) row(`  ${name}`, size);
console.log(table.toString());
