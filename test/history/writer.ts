import { recordRun } from '../../src/history/history.ts';
import { host } from '../report/records.ts';
import { changedHost, reportNumber, saveReport } from './reports.ts';

/** A drover of its own that ends many runs: `node writer.ts FOLDER FIRST COUNT`. */
const [cwd = '', first = '0', count = '0'] = process.argv.slice(2);
for (let index = Number(first); index < Number(first) + Number(count); index++) {
  const report = reportNumber(index, [changedHost('web1'), host('web2'), changedHost(`own${first}`)]);
  saveReport(cwd, report);
  recordRun(cwd, report);
}
