/** The page's script: the report of a run, or the comparison of two. */

import type { DiffData, PageData } from '../pack.ts';
import { showDiff } from './diff-page.ts';
import { showReport } from './report-page.ts';

const data: PageData | DiffData = JSON.parse(document.getElementById('data')!.textContent);

if ('sides' in data) showDiff(data);
else showReport(data);
